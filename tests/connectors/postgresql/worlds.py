"""Random tables, people, groups, rows and rules, to try the connector on."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.semantics.filters import (
    EVERYTHING,
    And,
    Compare,
    Exists,
    Filter,
    Hop,
    In,
    IsNull,
    Not,
    Operator,
    Or,
)
from apps.semantics.masking import misfit
from apps.semantics.masks import NULL, PLAIN, REDACT, Mask, MaskFunction
from apps.semantics.rules import Effect, Rule, Tier

PERSONS = ("ann", "ben", "cat", "dan")
GROUPS = ("staff", "chiefs")
WORDS = ("EU", "US", "", "a'b", 'q"\\', "ünï%s", "zz")


def hours(r: random.Random) -> timedelta:
    """About a year, one way or the other."""
    return timedelta(hours=r.randint(-9999, 9999))


TYPES = {
    "integer": lambda r: r.choice([-2, -1, 0, 1, 2, 7, 2**31 - 1, -(2**31)]),
    "bigint": lambda r: r.choice([-(2**63), -1, 0, 5, 2**63 - 1]),
    "text": lambda r: r.choice(WORDS),
    "character varying(20)": lambda r: r.choice(WORDS),
    "character(4)": lambda r: r.choice(("EU", "US", "", "zz", " a")),
    "numeric(10,2)": lambda r: Decimal(r.randint(-99999, 99999)) / 100,
    "numeric": lambda r: r.choice([Decimal("-0.1"), Decimal(0), Decimal("1E+20"), Decimal("7.5")]),
    "double precision": lambda r: r.choice([0.1, -2.5, 0.0, 1e300, 3.0]),
    "boolean": lambda r: r.random() < 0.5,
    "date": lambda r: date(2020, 1, 1) + timedelta(days=r.randint(-900, 900)),
    "timestamp without time zone": lambda r: datetime(2020, 1, 1) + hours(r),
    "timestamp with time zone": lambda r: datetime(2020, 1, 1, tzinfo=UTC) + hours(r),
    "uuid": lambda r: uuid.UUID(int=r.randint(0, 5)),
    "w.mood": lambda r: r.choice(("sad", "ok", "happy")),
    "w.small": lambda r: r.randint(0, 9),
}  # fmt: skip
MASKS = (
    NULL,
    REDACT,
    Mask(MaskFunction.PARTIAL, first=1, last=1),
    Mask(MaskFunction.PARTIAL, first=2),
    Mask(MaskFunction.TOKEN, domain="one"),
    Mask(MaskFunction.TOKEN, domain="two"),
    Mask(MaskFunction.HASH),
    Mask(MaskFunction.YEAR),
    Mask(MaskFunction.BUCKET, size=3),
    Mask(MaskFunction.BUCKET, size=1000),
)
PEOPLE_SQL = "".join(
    [
        *(f"CREATE ROLE {who} LOGIN PASSWORD 'sesame'; " for who in PERSONS),
        *(f"CREATE ROLE {group}; " for group in GROUPS),
        "GRANT staff TO ann, ben; GRANT chiefs TO cat; GRANT staff TO chiefs;",
        "CREATE SCHEMA w AUTHORIZATION loader; GRANT USAGE ON SCHEMA w TO PUBLIC;",
        "CREATE TYPE w.mood AS ENUM ('sad', 'ok', 'happy');",
        "CREATE DOMAIN w.small AS integer CHECK (VALUE BETWEEN 0 AND 9);",
    ]
)


@dataclass(frozen=True)
class World:
    """One table with rows, another that it refers to, and rules about the first."""

    number: int
    columns: dict[str, str]
    has_key: bool
    rows: list[dict[str, Any]]
    cities: list[dict[str, Any]]
    rules: tuple[Rule, ...]
    kind: str

    @property
    def dataset(self) -> str:
        """The name of the table."""
        return f"w.t{self.number}"

    @property
    def city(self) -> str:
        """The name of the table it refers to."""
        return f"w.c{self.number}"

    def sql(self) -> Iterator[str]:
        """The statements that make the tables, without their rows."""
        columns = ", ".join(
            f'"{name}" {type}{" PRIMARY KEY" if self.has_key and name == "id" else ""}'
            for name, type in self.columns.items()
        )
        yield f"CREATE TABLE {self.city} (code int PRIMARY KEY, land text)"
        tail = " PARTITION BY HASH (id)" if self.kind == "partitioned" else ""
        yield f"CREATE TABLE {self.dataset} ({columns}){tail}"
        if self.kind == "partitioned":
            for n in (0, 1):
                yield (
                    f"CREATE TABLE {self.dataset}_{n} PARTITION OF {self.dataset}"
                    f" FOR VALUES WITH (MODULUS 2, REMAINDER {n})"
                )
        yield f"ALTER TABLE {self.dataset} OWNER TO loader"
        yield f"ALTER TABLE {self.city} OWNER TO loader"


def world(number: int, seed: int) -> World:
    """The world of this seed."""
    r = random.Random(seed)
    names = ["id", "city", *r.sample(["Region", "e mail", "sum", "at", "x", "y"], r.randint(2, 5))]
    columns = {"id": "integer", "city": "integer"}
    columns |= {name: r.choice(list(TYPES)) for name in names[2:]}
    cities = [{"code": n, "land": r.choice(["NO", "SE", None])} for n in range(1, 5)]
    rows = []
    for n in range(r.choice([0, 3, 40, 240])):
        row: dict[str, Any] = {"id": n, "city": r.choice([1, 2, 3, 4, None])}
        for name in names[2:]:
            row[name] = None if r.random() < 0.2 else TYPES[columns[name]](r)
        rows.append(row)
    made = World(
        number,
        columns,
        r.random() < 0.7,
        rows,
        cities,
        (),
        r.choice(["plain"] * 3 + ["partitioned"]),
    )
    rules = tuple(_rules(r, made))
    return World(number, columns, made.has_key, rows, cities, rules, made.kind)


def _rules(r: random.Random, made: World) -> Iterator[Rule]:
    everybody = [*PERSONS, *GROUPS]
    simple = made.number % 3 == 0  # something that row security alone can express
    same_columns = _columns(r, made) if simple or r.random() < 0.5 else None
    masked = not simple and r.random() < 0.65
    for n in range(r.randint(1, 4)):
        columns = same_columns or _columns(r, made)
        masks = {}
        if masked:
            chosen = r.sample(sorted(columns), min(len(columns), r.randint(0, 2)))
            masks = {name: _mask(r, made.columns[name]) for name in chosen}
        yield Rule(
            key=f"g{n}",
            origin=f"grant:g{n}",
            effect=Effect.GRANT,
            dataset=made.dataset,
            principals=frozenset({r.choice(everybody)}),
            columns=columns if simple or r.random() < 0.9 else None,
            filter=_leaf(r, made) if simple else _filter(r, made, 2),
            masks=tuple((name, mask) for name, mask in masks.items() if mask != PLAIN),
            tier=Tier.EXCEPTION if r.random() < 0.15 else Tier.STANDARD,
        )
    for n in range(0 if simple else r.choice([0, 0, 1, 2])):
        effect = r.choice([Effect.DENY, Effect.MASK, Effect.FILTER])
        name = r.choice(sorted(made.columns))
        yield Rule(
            key=f"p{n}",
            origin=f"policy:p{n}",
            effect=effect,
            dataset=made.dataset,
            principals=None if r.random() < 0.3 else frozenset({r.choice(everybody)}),
            excepted=frozenset({r.choice(PERSONS)}) if r.random() < 0.2 else frozenset(),
            columns=frozenset({name}) if r.random() < 0.7 else None,
            filter=_filter(r, made, 1) if effect is Effect.FILTER else EVERYTHING,
            mask=_mask(r, made.columns[name], NULL) if effect is Effect.MASK else None,
            tier=Tier.GUARDRAIL if r.random() < 0.5 else Tier.STANDARD,
        )


def _columns(r: random.Random, made: World) -> frozenset[str]:
    return frozenset(r.sample(sorted(made.columns), r.randint(1, len(made.columns))))


def _mask(r: random.Random, type: str, otherwise: Mask = PLAIN) -> Mask:
    fitting = [mask for mask in MASKS if not misfit(mask, type)]
    return r.choice(fitting) if fitting else otherwise


def _filter(r: random.Random, made: World, depth: int) -> Filter:
    draw = r.random()
    if draw < 0.2:
        return EVERYTHING
    if draw < 0.3:
        where = Compare("land", Operator.EQ, r.choice(["NO", "SE"]))
        path = Exists((Hop(("city",), made.city, ("code",)),), where)
        return path if r.random() < 0.7 else Not(path)
    if depth and draw < 0.55:
        parts = tuple(_filter(r, made, depth - 1) for _ in range(r.randint(1, 3)))
        return r.choice([And, Or])(parts)
    if depth and draw < 0.65:
        return Not(_filter(r, made, depth - 1))
    return _leaf(r, made)


def _leaf(r: random.Random, made: World) -> Filter:
    name = r.choice(sorted(made.columns))
    type = made.columns[name]
    if r.random() < 0.15:
        return IsNull(name)
    value = TYPES[type](r)
    if isinstance(value, float):
        value = Decimal(str(value))
    if isinstance(value, uuid.UUID):
        value = str(value)
    equality = type in ("uuid", "boolean")
    if r.random() < 0.25:
        return In(name, frozenset({value}))
    operators = [Operator.EQ, Operator.NE] if equality else list(Operator)
    return Compare(name, r.choice(operators), value)
