"""Random rules, masks, filters and rows over one small dataset, so that they meet often."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from apps.semantics.filters import (
    EVERYTHING,
    And,
    Compare,
    Exists,
    Filter,
    Hop,
    In,
    IsNull,
    Literal,
    Not,
    Operator,
    Or,
    SubjectIs,
)
from apps.semantics.masks import NULL, PLAIN, REDACT, Mask, MaskFunction
from apps.semantics.rules import Action, Column, Effect, Rule, Shape, Tier

DATASET = "sales.people"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXTS = ("name", "region")
NUMBERS = ("age", "parent")
COLUMNS = (*TEXTS, *NUMBERS)
PRINCIPALS = ("alice", "bob")
TYPES = {"name": "text", "region": "text", "age": "integer", "parent": "integer"}
HOP = Hop(("parent",), "sales.parents", ("id",))
PARENTS = ({"id": 1, "region": "EU", "age": 5}, {"id": 2, "region": None, "age": 7})

words = st.sampled_from(["EU", "US", "", "é"])
numbers = st.integers(-2, 7)


def follow(hop: Hop, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parents whose id is the row's parent."""
    assert hop == HOP
    return [dict(parent) for parent in PARENTS if row["parent"] == parent["id"]]


rows = st.fixed_dictionaries(
    {name: st.none() | words for name in TEXTS} | {name: st.none() | numbers for name in NUMBERS}
)

shapes = st.builds(
    lambda flags: Shape(
        DATASET,
        tuple(Column(n, TYPES[n], classified=c) for n, c in zip(COLUMNS, flags, strict=True)),
    ),
    st.tuples(*[st.sampled_from([True, True, True, False]) for _ in COLUMNS]),
)


def _leaves(subject: bool) -> st.SearchStrategy[Filter]:
    text, number = st.sampled_from(TEXTS), st.sampled_from(NUMBERS)
    operators = st.sampled_from(Operator)
    leaves: list[st.SearchStrategy[Filter]] = [
        st.just(EVERYTHING),
        st.builds(Compare, text, operators, words),
        st.builds(Compare, number, operators, numbers),
        st.builds(In, text, st.frozensets(words, max_size=3)),
        st.builds(In, number, st.frozensets(numbers, max_size=3)),
        st.builds(IsNull, st.sampled_from(COLUMNS)),
    ]
    if subject:
        leaves.append(st.builds(SubjectIs, text, st.sampled_from(["region", "nowhere"])))
    return st.one_of(leaves)


def filters_of(*, subject: bool = False, paths: bool = True) -> st.SearchStrategy[Filter]:
    """Filters of a few levels, with paths over one foreign key where asked."""
    base = _leaves(subject)
    if paths:
        inner = [
            st.builds(Compare, st.just("region"), st.sampled_from(Operator), words),
            st.builds(Compare, st.just("age"), st.sampled_from(Operator), numbers),
            st.builds(IsNull, st.just("region")),
            st.just(EVERYTHING),
        ]
        if subject:
            inner.append(st.builds(SubjectIs, st.just("region"), st.just("nowhere")))
        base = base | st.builds(lambda where: Exists((HOP,), where), st.one_of(inner))

    def grow(children: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        lists = st.lists(children, max_size=3).map(tuple)
        return st.builds(Not, children) | st.builds(And, lists) | st.builds(Or, lists)

    return st.recursive(base, grow, max_leaves=6)


filters = filters_of()

masks = st.sampled_from(
    [
        NULL,
        REDACT,
        Mask(MaskFunction.PARTIAL, first=1),
        Mask(MaskFunction.PARTIAL, last=2),
        Mask(MaskFunction.HASH),
        Mask(MaskFunction.TOKEN, domain="people"),
        Mask(MaskFunction.BUCKET, size=5),
        Mask(MaskFunction.YEAR),
    ]
)
any_mask = masks | st.just(PLAIN)

instants = st.integers(-3, 3).map(lambda hours: NOON + timedelta(hours=hours))
column_sets = st.none() | st.frozensets(st.sampled_from(COLUMNS), max_size=3)
literals: st.SearchStrategy[Literal] = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.integers(-(10**30), 10**30),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
)


@st.composite
def rules(draw: st.DrawFn, effect: Effect | None = None) -> Rule:
    """One rule about the dataset."""
    effect = effect or draw(
        st.sampled_from([Effect.GRANT, Effect.GRANT, Effect.DENY, Effect.MASK, Effect.FILTER])
    )
    tier = draw(st.sampled_from([Tier.STANDARD, Tier.STANDARD, Tier.EXCEPTION, Tier.GUARDRAIL]))
    parts: dict[str, Any] = {}
    if effect is Effect.MASK:
        parts["mask"] = draw(any_mask if tier is Tier.EXCEPTION else masks)
    if effect in (Effect.GRANT, Effect.FILTER):
        parts["filter"] = draw(filters)
    if effect is Effect.GRANT:
        obligatory = draw(st.dictionaries(st.sampled_from(COLUMNS), masks, max_size=2))
        parts["masks"] = tuple(obligatory.items())
    people = st.none() | st.frozensets(st.sampled_from(PRINCIPALS), min_size=1)
    return Rule(
        key=str(draw(st.uuids())),
        origin=f"grant:{draw(st.integers(1, 5))}",
        effect=effect,
        dataset=DATASET,
        principals=draw(people),
        excepted=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"bob"})])),
        columns=draw(column_sets),
        action=draw(st.sampled_from([Action.READ] * 5 + [Action.WRITE])),
        tier=tier,
        valid_from=draw(st.none() | instants),
        until=draw(st.none() | instants),
        purpose=draw(st.sampled_from(["", "", "audit", "service"])),
        **parts,
    )


rule_lists = st.lists(rules(), max_size=7)


@st.composite
def generous_lists(draw: st.DrawFn) -> list[Rule]:
    """Several grants in force for one person, of few filters, columns and masks: ways that meet."""
    some = st.sampled_from(
        [
            EVERYTHING,
            Compare("region", Operator.EQ, "EU"),
            In("region", frozenset({"EU", "US"})),
            Compare("age", Operator.LT, 3),
        ]
    )
    few_masks = st.sampled_from([NULL, REDACT, Mask(MaskFunction.HASH), Mask(MaskFunction.YEAR)])

    def grant(number: int) -> Rule:
        obligatory = draw(st.dictionaries(st.sampled_from(COLUMNS[:2]), few_masks, max_size=2))
        return Rule(
            key=str(number),
            origin=f"grant:{number}",
            effect=Effect.GRANT,
            dataset=DATASET,
            principals=frozenset({"alice"}),
            columns=draw(st.none() | st.frozensets(st.sampled_from(COLUMNS[:3]), min_size=1)),
            filter=draw(some),
            masks=tuple(obligatory.items()),
        )

    given = [grant(number) for number in range(draw(st.integers(2, 4)))]
    kinds = [Effect.MASK, Effect.MASK, Effect.FILTER]
    restrictions = st.lists(st.sampled_from(kinds).flatmap(rules), max_size=2)
    return given + draw(restrictions)
