"""What the PostgreSQL connector says to each thing that can be decided: asked, never listed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from apps.connectors.contracts import Inventory, Membership, Refused, Role, ScannedPrivilege
from apps.connectors.postgresql.keys import MaskKey
from apps.connectors.postgresql.names import DATABASE, Home
from apps.connectors.postgresql.render import VIEW, render
from apps.semantics.decide import decide
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
from apps.semantics.masks import PLAIN, REDACT, Mask, MaskFunction
from apps.semantics.rules import Action, Effect, Rule, Shape, Tier
from tests.docs.scene import CUSTOMERS, ORDERS, SHAPE, grant, inventory, people_with, rule, typed

AT = datetime(2026, 3, 1, tzinfo=UTC)
EU = Compare("region", Operator.EQ, "EU")
PARTIAL = Mask(MaskFunction.PARTIAL, first=1)
TOKEN = Mask(MaskFunction.TOKEN, domain="person")
MASKS = (
    Mask(MaskFunction.NULL),
    REDACT,
    PARTIAL,
    Mask(MaskFunction.HASH),
    TOKEN,
    Mask(MaskFunction.YEAR),
    Mask(MaskFunction.BUCKET, size=10),
)
TYPES: Mapping[str, Literal] = {
    "text": "EU",
    "character varying(60)": "EU",
    "character(2)": "EU",
    "smallint": 1,
    "integer": 1,
    "bigint": 1,
    "numeric(10,2)": Decimal("1.50"),
    "double precision": 1,
    "real": 1,
    "boolean": True,
    "date": date(2026, 1, 31),
    "timestamp without time zone": datetime(2026, 1, 31),
    "timestamp with time zone": datetime(2026, 1, 31, tzinfo=UTC),
    "uuid": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
    "sales.status": "open",
    "jsonb": "{}",
    "bytea": "EU",
    "text[]": "EU",
}
"""A type of each family, `sales.status` being an enumeration, and a value to compare it with."""


@dataclass(frozen=True, slots=True)
class Construct:
    """Something that somebody may decide, and the system in which it is to be expressed.

    `alike` are rules that say the same without it: where both make one document, the database is
    not told of it. `names` are the columns about which it is asked.
    """

    group: str
    said: str
    rules: tuple[Rule, ...]
    inventory: Inventory
    alike: tuple[Rule, ...] = ()
    keyed: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ends: `expressed`, `stricter` or `refused`, and where, or why."""

    verdict: str
    text: str


def outcome(construct: Construct) -> Outcome:
    """What the connector does with it."""
    try:
        documents = _rendered(construct.rules, construct)
    except Refused as refused:
        return Outcome("refused", " ".join(refused.reasons))
    document = next((d for name, d in documents.items() if name != DATABASE), None)
    if document is None:
        return Outcome("expressed", "nothing has to stand in the database")
    where = "by a view" if document["mode"] == VIEW else "on the table itself"
    if construct.alike and documents == _rendered(construct.alike, construct):
        return Outcome("expressed", f"{where}; kept by Seneschal, which adds and takes away")
    stricter = list(_stricter(construct, document))
    if stricter:
        return Outcome("stricter", f"{where}; {'; '.join(stricter)}")
    return Outcome("expressed", where)


def _rendered(rules: Iterable[Rule], construct: Construct) -> dict[str, dict[str, object]]:
    return render(
        rules,
        construct.inventory,
        home=Home("docs", "shop"),
        ours=frozenset({"sen_apply"}),
        key=MaskKey("env:KEY", secrets=_Given()) if construct.keyed else None,
    )


class _Given:
    """The secret of the mask key."""

    def resolve(self, reference: str) -> str:
        return f"thirty-two letters behind {reference}"


def _stricter(construct: Construct, document: Mapping[str, object]) -> Iterator[str]:
    """In what the document gives less than some rule by itself says."""
    shape = construct.inventory.shapes[construct.rules[0].dataset]
    roles = document["roles"]
    assert isinstance(roles, dict)
    given = {column for each in roles.values() for column in each["columns"]}
    if not given and any(rule.effect is Effect.GRANT for rule in construct.rules):
        yield "no row is shown"
    for column in sorted(given):
        shown = _masks(construct.rules, shape, column)
        alone = {m for rule in construct.rules for m in _asked(rule, column)}
        if shown and alone and not shown & alone:
            yield f"`{column}` is shown as NULL"
    every = any(rule.effect is Effect.GRANT and rule.columns is None for rule in construct.rules)
    if every and given == {column.name for column in shape.columns}:
        yield "a column that is added later is shown to nobody before it was scanned"


def _masks(rules: Iterable[Rule], shape: Shape, column: str) -> set[Mask]:
    decision = decide(rules, principal="alice", shape=shape, at=AT)
    return {mask for branch in decision.branches for name, mask in branch.columns if name == column}


def _asked(rule: Rule, column: str) -> Iterator[Mask]:
    if rule.effect is Effect.MASK and rule.mask is not None and rule.covers(column):
        yield rule.mask
    if rule.effect is Effect.GRANT and rule.covers(column):
        yield dict(rule.masks).get(column, PLAIN)


def columns_by_mask() -> Iterator[tuple[str, Mask, Outcome]]:
    """For each type and mask, what becomes of a column of that type under that mask."""
    for type in TYPES:
        for mask in MASKS:
            rules = (grant(columns=("id", "it"), masks={"it": mask}),)
            yield type, mask, outcome(Construct("", "", rules, typed(type)))


COMPARISONS = ("=", "<", "in", "is null")


def columns_by_comparison() -> Iterator[tuple[str, str, Outcome]]:
    """For each type and comparison, what becomes of rows chosen by it."""
    for type, value in TYPES.items():
        filters: Mapping[str, Filter] = {
            "=": Compare("it", Operator.EQ, value),
            "<": Compare("it", Operator.LT, value),
            "in": In("it", frozenset({value})),
            "is null": IsNull("it"),
        }
        for name in COMPARISONS:
            rules = (grant(columns=("id", "it"), rows=filters[name]),)
            yield type, name, outcome(Construct("", "", rules, typed(type)))


def constructs() -> list[Construct]:
    """Everything that the first table is about, group by group."""
    return [*_what(), *_rows(), *_together(), *_whom(), *_where()]


def _what() -> Iterator[Construct]:
    group = "What is decided"
    deny = rule(Effect.DENY, columns=("email",))
    mask = rule(Effect.MASK, columns=("email",), mask=PARTIAL)
    spare = rule(Effect.MASK, columns=("email",), mask=PLAIN, tier=Tier.EXCEPTION, until=LATER)
    only = rule(Effect.FILTER, rows=EU)
    write = replace(grant(), action=Action.WRITE)
    until, purpose = replace(grant(), until=LATER), replace(grant(), purpose="churn")
    yield _one(group, "reading named columns", grant())
    classified = inventory(replace(SHAPE, columns=SHAPE.columns[:-1]))
    every = grant(columns=None)
    yield Construct(group, "reading every column, also those to come", (every,), classified)
    yield _one(group, "writing", write)
    yield _one(group, "a grant that does not say to whom", replace(grant(), principals=None))
    yield _one(group, "a denial of some columns", grant(), deny)
    yield _one(group, "a denial of the whole dataset", rule(Effect.DENY))
    yield _one(group, "a mask on a column that is granted", grant(), mask)
    yield _one(group, "a mask that a grant carries", grant(masks={"email": PARTIAL}))
    yield _one(group, "an exemption from a mask", grant(), mask, spare)
    yield _one(group, "a filter for everybody who is granted something", grant(), only)
    yield Construct(group, "an end, or a beginning", (until,), inventory(), alike=(grant(),))
    yield Construct(group, "a purpose", (purpose,), inventory(), alike=(grant(),))
    hashed = grant(masks={"email": Mask(MaskFunction.HASH)})
    yield Construct(
        group, "a hash or token, without a mask key", (hashed,), inventory(), keyed=False
    )
    unclassified = grant(columns=("id", "notes"))
    yield _one(group, "a column that nobody has classified", unclassified)


def _rows() -> Iterator[Construct]:
    group = "Which rows"
    hop = Hop(("customer",), CUSTOMERS, ("id",))
    country = Compare("country", Operator.EQ, "NO")
    filters: Mapping[str, Filter] = {
        "a comparison, or one of a list": EU,
        "`not`, `and`, `or`": And((Not(EU), Or((IsNull("email"), Compare("id", Operator.GT, 9))))),
        "along foreign keys (`exists`)": Exists((hop,), country),
        "along a table that no scan has seen": Exists(
            (Hop(("customer",), "sales.nowhere", ("id",)),), country
        ),
        "by a column that is not there": Compare("colour", Operator.EQ, "red"),
        "by an attribute of a person, not bound to one": SubjectIs("region", "region"),
        "everything": EVERYTHING,
    }
    for said, rows in filters.items():
        yield _one(group, said, grant(rows=rows))


def _together() -> Iterator[Construct]:
    group = "Several grants of one person"
    us = Compare("region", Operator.EQ, "US")
    first = grant(columns=("id", "region"), rows=EU)
    yield _one(group, "other rows, the same columns", first, grant("second", ("id", "region"), us))
    yield _one(group, "other columns, the same rows", first, grant("second", ("id", "email"), EU))
    yield _one(group, "other rows and other columns", first, grant("second", ("id", "email"), us))
    masked = rule(Effect.MASK, columns=("email",), mask=PARTIAL)
    token = rule(Effect.MASK, columns=("email",), mask=TOKEN, key="other")
    redact = rule(Effect.MASK, columns=("email",), mask=REDACT, key="other")
    yield _one(group, "two different masks meet in one cell", grant(), masked, token)
    yield _one(group, "a mask and a stricter one meet in one cell", grant(), masked, redact)
    many = [
        grant(str(n), ("id", "email"), Compare("id", Operator.EQ, n), {"email": mask})
        for n, mask in enumerate((*(Mask(MaskFunction.PARTIAL, first=n) for n in range(1, 7)),))
    ]
    yield _one(group, "six masks of one column, row by row", *many)
    group = "Several people"
    other = replace(grant("second"), principals=frozenset({"bob"}))
    hashed = replace(
        grant("second", ("id",), masks={"id": Mask(MaskFunction.HASH)}),
        principals=frozenset({"bob"}),
    )
    bucket = grant(columns=("id",), masks={"id": Mask(MaskFunction.BUCKET, size=10)})
    narrow = replace(grant("second", ("id",)), principals=frozenset({"bob"}))
    yield _one(group, "a column masked for one and plain for another", masked_for_alice(), other)
    yield _one(group, "a column for one and hidden from another", grant(), narrow)
    yield _one(group, "a column of one type for one and of another for another", bucket, hashed)


def masked_for_alice() -> Rule:
    """A grant whose e-mail addresses are masked."""
    return grant(masks={"email": PARTIAL})


def _whom() -> Iterator[Construct]:
    group = "To whom"
    roles: Mapping[str, Mapping[str, Role]] = {
        "a role that logs in": {},
        "a group: everybody in it": people_with(
            Role("analysts", login=False), alice=(Membership("analysts"),)
        ),
        "a superuser": people_with(Role("alice", login=True, superuser=True)),
        "a role with BYPASSRLS": people_with(Role("alice", login=True, bypass_rls=True)),
        "somebody who can become a superuser": people_with(
            Role("top", login=False, superuser=True), alice=(Membership("top"),)
        ),
        "the owner of the table, or a member of it": people_with(alice=(Membership("loader"),)),
        "a member of pg_read_all_data": people_with(
            Role("pg_read_all_data", login=False), alice=(Membership("pg_read_all_data"),)
        ),
    }
    for said, changed in roles.items():
        given = grant()
        if "analysts" in changed:
            given = replace(given, principals=frozenset({"analysts"}))
        yield Construct(group, said, (given,), inventory(roles=changed))
    nobody = replace(grant(), principals=frozenset({"nobody_here"}))
    yield _one(group, "a role that is not there", nobody)
    bobs = replace(grant("second"), principals=frozenset({"bob"}))
    becomes = inventory(roles=people_with(alice=(Membership("bob"),)))
    denied = rule(Effect.DENY, columns=("email",))
    said = "somebody who can become another, to whom more is given"
    yield Construct(group, said, (grant(columns=("id",)), bobs), becomes)
    said = "somebody who is denied what another may read whom they can become"
    yield Construct(group, said, (bobs, denied), becomes)


def _where() -> Iterator[Construct]:
    group = "On what"
    for kind in (
        "table", "partitioned_table", "view", "partition", "materialized_view", "foreign_table"
    ):  # fmt: skip
        shape = replace(SHAPE, kind=kind)
        said = f"a {kind.replace('_', ' ').replace('materialized', 'materialised')}"
        yield Construct(group, said, (grant(),), inventory(shape))
    writer = ScannedPrivilege("etl", ORDERS, "INSERT")
    said = "a table into which others than its owner may write (COPY FROM)"
    yield Construct(group, said, (grant(),), inventory(privileges=(writer,)))
    child = replace(SHAPE, dataset="sales.orders_2026", kind="partition")
    reader = ScannedPrivilege("alice", child.dataset, "SELECT")
    yield Construct(
        group, "a table whose partition the person may read directly", (grant(),),
        inventory(replace(SHAPE, kind="partitioned_table"), child=child, privileges=(reader,)),
    )  # fmt: skip
    gone = replace(grant(), dataset="sales.gone")
    yield _one(group, "a table that is not there", gone)


LATER = datetime(2026, 6, 1, tzinfo=UTC)


def _one(group: str, said: str, *rules: Rule) -> Construct:
    return Construct(group, said, rules, inventory())
