"""Contradictions among rules are found, each with a sentence, and nothing else is called one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from apps.semantics.conflicts import find_conflicts
from apps.semantics.filters import Compare, Exists, Hop, Operator
from apps.semantics.masks import NULL, PLAIN, REDACT, Mask, MaskFunction
from apps.semantics.rules import Column, Effect, Rule, Shape, Tier
from tests.semantics.strategies import NOON

SHAPE = Shape("s.t", (Column("a", "text"), Column("b", "integer"), Column("r", "text")))
IN_EU = Compare("r", Operator.EQ, "EU")
IN_US = Compare("r", Operator.EQ, "US")
ALICE, BOTH = frozenset({"alice"}), frozenset({"alice", "bob"})
LATER = NOON + timedelta(days=1)


def rule(key: str, effect: Effect = Effect.GRANT, **parts: Any) -> Rule:
    return Rule(key, f"policy:{key}", effect, "s.t", **({"principals": BOTH} | parts))


def exempt(key: str, **parts: Any) -> Rule:
    given = {"tier": Tier.EXCEPTION, "mask": PLAIN, "until": LATER, "columns": frozenset("a")}
    return rule(key, Effect.MASK, **(given | parts))


CONTRADICTIONS: dict[str, tuple[list[Rule], str]] = {
    "the same people": (
        [rule("1", columns=frozenset("ab")), rule("2", Effect.DENY, columns=frozenset("br"))],
        "grants and policy:2 (2) denies the same people b.",
    ),
    "everybody, twice": (
        [rule("1", principals=None), rule("2", Effect.DENY, principals=None)],
        "denies the same people every column.",
    ),
    "nothing is left": (
        [rule("1", principals=ALICE), rule("2", Effect.DENY, tier=Tier.GUARDRAIL)],
        "denies everything that policy:1 (1) grants.",
    ),
    "two exemptions": ([exempt("1"), exempt("2")], "both exempt the same people from masks of a."),
    "exemption from a guardrail": (
        [exempt("1"), rule("2", Effect.MASK, mask=NULL, tier=Tier.GUARDRAIL)],
        "is of tier guardrail, which no exemption lifts.",
    ),
    "rows by an unread column": (
        [rule("1", columns=frozenset("a"), filter=IN_EU)],
        "chooses its rows by r, which it does not let anybody read: add r to its columns",
    ),
    "rows by a column it masks": (
        [rule("1", filter=IN_EU, masks=(("r", REDACT),))],
        "chooses its rows by r and has r replaced by ***",
    ),
    "rows by a column masked by another": (
        [rule("1", filter=IN_EU), rule("2", Effect.MASK, mask=NULL, columns=frozenset("r"))],
        "which rows are there would tell what the mask hides.",
    ),
    "a filter by a masked column": (
        [
            rule("1", Effect.FILTER, filter=IN_EU, columns=None),
            rule("2", Effect.MASK, mask=NULL, columns=frozenset("r")),
        ],
        "which rows are there would tell what the mask hides.",
    ),
    "a filter by a denied column": (
        [rule("1", Effect.FILTER, filter=IN_EU), rule("2", Effect.DENY, columns=frozenset("r"))],
        "which rows are there would tell what is denied.",
    ),
    "no row": (
        [rule("1", filter=IN_EU), rule("2", Effect.FILTER, filter=IN_US)],
        "No row can satisfy both policy:1 (1) and policy:2 (2).",
    ),
    "purposes": (
        [
            rule("1", purpose="audit"),
            rule("2", purpose="service", columns=frozenset("a"), principals=ALICE),
        ],
        "cannot tell for which purpose it is read.",
    ),
    "never": ([rule("1", valid_from=LATER, until=NOON)], "is never in force."),
    "an endless exception": ([rule("1", tier=Tier.EXCEPTION)], "an exception ends at an instant."),
    "a granting guardrail": ([rule("1", tier=Tier.GUARDRAIL)], "a guardrail can only restrict."),
    "nobody": ([rule("1", excepted=BOTH)], "everybody it names is excepted."),
    "twice": ([rule("1"), rule("1")], "is there twice."),
    "an unknown column": (
        [rule("1", columns=frozenset({"a", "x"}))],
        "names x, which s.t does not have.",
    ),
    "an unknown dataset": ([replace(rule("1"), dataset="s.gone")], "s.gone, which is not known."),
    "a mask that does not fit": (
        [rule("1", masks=(("b", REDACT),))],
        "cannot mask b: The mask redact is for",
    ),
    "a mask that does not fit every column": (
        [rule("1", Effect.MASK, mask=Mask(MaskFunction.PARTIAL, first=1))],
        "cannot mask b: The mask partial is for",
    ),
    "a mask outside the columns": (
        [rule("1", columns=frozenset("a"), masks=(("b", NULL),))],
        "masks b, which is not among its columns.",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_found_whatever_the_order(name: str) -> None:
    rules, sentence = CONTRADICTIONS[name]
    found = find_conflicts(rules, {"s.t": SHAPE})
    assert any(sentence in conflict.text for conflict in found), [c.text for c in found]
    assert find_conflicts(rules[::-1], {"s.t": SHAPE}) == found
    named = next(conflict for conflict in found if sentence in conflict.text)
    assert set(named.rules) <= set(rules)


PEACEFUL: dict[str, list[Rule]] = {
    "denying a few of many": [rule("1"), rule("2", Effect.DENY, principals=ALICE)],
    "denying everybody one column": [
        rule("1"),
        rule("2", Effect.DENY, principals=None, columns=frozenset("b")),
    ],
    "an exception over a standard denial": [
        rule("1", tier=Tier.EXCEPTION, until=LATER),
        rule("2", Effect.DENY),
    ],
    "other people": [
        rule("1", principals=ALICE),
        rule("2", Effect.DENY, principals=frozenset({"bob"})),
    ],
    "excepted people": [
        rule("1", principals=ALICE),
        rule("2", Effect.DENY, principals=None, excepted=ALICE),
    ],
    "other columns": [
        rule("1", columns=frozenset("a")),
        rule("2", Effect.DENY, columns=frozenset("b")),
    ],
    "one after the other": [rule("1", until=NOON), rule("2", Effect.DENY, valid_from=NOON)],
    "a mask and an exemption from it": [
        rule("1", Effect.MASK, mask=REDACT, columns=frozenset("a")),
        exempt("2", principals=ALICE),
    ],
    "rows by a foreign key that is not read": [
        rule(
            "1",
            columns=frozenset("a"),
            filter=Exists((Hop(("b",), "s.other", ("id",)),), Compare("x", Operator.EQ, 1)),
        )
    ],
    "two grants for one purpose": [
        rule("1", purpose="audit"),
        rule("2", purpose="audit", columns=frozenset("a")),
    ],
    "a guardrail filter over a grant without its column": [
        rule("1", columns=frozenset("a")),
        rule("2", Effect.FILTER, filter=IN_EU, tier=Tier.GUARDRAIL),
    ],
}


@pytest.mark.parametrize("name", PEACEFUL)
def test_what_only_looks_like_a_contradiction_is_none(name: str) -> None:
    found = find_conflicts(PEACEFUL[name], {"s.t": SHAPE})
    assert not found, [conflict.text for conflict in found]
