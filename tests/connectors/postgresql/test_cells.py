"""Every cell that a live PostgreSQL returns is the decided one: random worlds, 0 differences."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from apps.connectors.contracts import Refused
from apps.connectors.postgresql.people import People
from apps.connectors.postgresql.plain import plain
from apps.semantics.decide import decide
from apps.semantics.evaluate import HIDDEN, cell, covering
from apps.semantics.rules import Decision, Shape
from tests.connectors.postgresql.estate import AT, KEY, PASSWORD, Estate, make_estate
from tests.connectors.postgresql.worlds import PEOPLE_SQL, PERSONS, World, world
from tests.servers import WarehouseDatabase, sized

CELLS = sized(1_500, 20_000)
SEED = int(os.environ.get("SENESCHAL_TEST_SEED", "0")) or random.SystemRandom().randint(1, 10**9)


@pytest.fixture
def stage(warehouse_db: WarehouseDatabase) -> Estate:
    estate = make_estate(warehouse_db)
    estate.sql(PEOPLE_SQL)
    options = " WITH INHERIT FALSE, SET TRUE" if warehouse_db.major >= 16 else ""
    estate.sql(f"GRANT {', '.join(PERSONS)} TO sen_probe{options}")
    return estate


def test_every_cell_is_the_decided_one(stage: Estate) -> None:
    cells, seed, modes = 0, SEED, Counter[str]()
    while cells < CELLS:
        made = world(seed - SEED, seed)
        build(stage, made)
        inventory = stage.inventory()
        shape = inventory.shapes[made.dataset]
        try:
            documents = stage.target.render(made.rules, inventory)
        except Refused:
            modes["refused"] += 1
            documents = {}
        else:
            modes[documents.get(made.dataset, {}).get("mode", "nothing")] += 1
        for name, document in documents.items():
            stage.target.write(name, document)
        stands = stage.target.read().own
        assert stands == documents, f"seed {seed}: {differences(stands, documents)}"
        if documents:
            rules = People(inventory.roles, stage.target.ours).materialised(made.rules)
            for person in PERSONS:
                decision = decide(rules, principal=person, shape=shape, at=AT)
                cells += compare(stage, made, shape, decision, documents, f"{seed} as {person}")
        for name in stage.target.read().own:
            stage.target.remove(name)
        stage.sql(f"DROP TABLE {made.dataset}, {made.city} CASCADE")
        seed += 1
    assert modes["rows"]
    assert modes["view"]
    assert modes["refused"] < sum(modes.values()) / 2, modes


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    """Part by part, for whoever reads the failure."""
    return [
        (name, part, one.get(name, {}).get(part), other.get(name, {}).get(part))
        for name in sorted({*one, *other})
        for part in sorted({*one.get(name, {}), *other.get(name, {})} - {"statements"})
        if one.get(name, {}).get(part) != other.get(name, {}).get(part)
    ]


def build(stage: Estate, made: World) -> None:
    with stage.db.connect() as admin:
        for statement in made.sql():
            admin.execute(statement)
        for table, rows in ((made.city, made.cities), (made.dataset, made.rows)):
            for row in rows:
                insert = sql.SQL("INSERT INTO {} VALUES ({})").format(
                    sql.SQL(table), sql.SQL(", ").join(sql.Placeholder() * len(row))
                )
                admin.execute(insert, list(row.values()))


def compare(
    stage: Estate,
    made: World,
    shape: Shape,
    decision: Decision,
    documents: dict[str, Any],
    where: str,
) -> int:
    """How many cells were compared, those that are refused among them."""
    lands = {city["code"]: city for city in made.cities}

    def follow(hop: Any, row: Any) -> Iterator[dict[str, Any]]:
        if row["city"] in lands:
            yield lands[row["city"]]

    raw = made.rows
    readable = [
        c.name for c in shape.columns if any(c.name in dict(b.columns) for b in decision.branches)
    ]
    expected = Counter(
        tuple(
            plain(None if value is HIDDEN else value)
            for value in (
                cell(decision, row, name, shape=shape, key=KEY.encode(), follow=follow)
                for name in readable
            )
        )
        for row in raw
        if covering(decision, row, follow)
    )
    mode = documents.get(made.dataset, {}).get("mode")
    schema, name = made.dataset.split(".")
    if mode == "view":
        schema, name = "gov", documents[made.dataset]["view"]["name"]
    with psycopg.connect(
        stage.db.url_as(decision.principal, PASSWORD), autocommit=True, options="-c timezone=UTC"
    ) as session:
        if readable:
            found = Counter(
                tuple(plain(value) for value in row)
                for row in session.execute(select(schema, name, readable)).fetchall()
            )
            assert found == expected, f"seed {where}: {(found - expected)} {expected - found}"
        closed = [(schema, name, c.name) for c in shape.columns if c.name not in readable]
        if mode == "view":
            closed += [(*made.dataset.split("."), c.name) for c in shape.columns]
        if made.kind == "partitioned":
            closed += [("w", f"t{made.number}_0", c.name) for c in shape.columns]
        for *relation, column in closed:
            with pytest.raises(psycopg.Error) as error:
                session.execute(select(relation[0], relation[1], [column]))
            assert error.value.sqlstate in ("42501", "42703", "42P01", "3F000"), f"seed {where}"
    return len(raw) * (len(readable) + len(closed))


def select(schema: str, name: str, columns: list[str]) -> sql.Composed:
    return sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema, name)
    )
