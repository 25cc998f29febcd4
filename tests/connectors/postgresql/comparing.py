"""Makes random worlds stand on a live PostgreSQL, and compares every cell that people are given."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from apps.connectors.contracts import Document, Refused
from apps.connectors.postgresql.people import People
from apps.connectors.postgresql.plain import plain
from apps.semantics.decide import decide
from apps.semantics.evaluate import HIDDEN, cell, covering
from apps.semantics.rules import Decision, Shape
from tests.connectors.postgresql.estate import AT, KEY, PASSWORD, Estate, make_estate
from tests.connectors.postgresql.worlds import PEOPLE_SQL, PERSONS, World, world
from tests.servers import WarehouseDatabase

CLOSED = ("42501", "42703", "42P01", "3F000")
"""With one of these the server refuses a column that nobody decided to show."""


@dataclass
class Tally:
    """What was compared, how the worlds were enforced, and each difference in words."""

    cells: int = 0
    """Cells that the server really returned."""
    withheld: int = 0
    """Cells that were asked for and not to be returned: of other rows, or of refused columns."""
    worlds: int = 0
    modes: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


def make_stage(db: WarehouseDatabase) -> Estate:
    """A database with the people of the random worlds."""
    estate = make_estate(db)
    estate.sql(PEOPLE_SQL)
    options = " WITH INHERIT FALSE, SET TRUE" if db.major >= 16 else ""
    estate.sql(f"GRANT {', '.join(PERSONS)} TO sen_probe{options}")
    return estate


def try_world(stage: Estate, number: int, seed: int, tally: Tally) -> None:
    """Make the world of this seed stand, compare what each person is given, and clear it away."""
    made = world(number, seed)
    build(stage, made)
    inventory = stage.inventory()
    shape = inventory.shapes[made.dataset]
    documents = _documents(stage, made, tally)
    for name, document in documents.items():
        stage.target.write(name, document)
    stands = stage.target.read().own
    if stands != documents:
        tally.differences.append(f"seed {seed} stands otherwise: {apart(stands, documents)}")
    if documents:
        rules = People(inventory.roles, stage.target.ours).materialised(made.rules)
        for person in PERSONS:
            decision = decide(rules, principal=person, shape=shape, at=AT)
            _Asked(stage, made, shape, decision, documents, f"seed {seed}", tally).compare()
    for name in stands:
        stage.target.remove(name)
    stage.sql(f"DROP TABLE {made.dataset}, {made.city} CASCADE")
    tally.worlds += 1


def _documents(stage: Estate, made: World, tally: Tally) -> dict[str, Document]:
    try:
        documents = stage.target.render(made.rules, stage.inventory())
    except Refused:
        tally.modes["refused"] += 1
        return {}
    tally.modes[documents.get(made.dataset, {}).get("mode", "nothing")] += 1
    return documents


def apart(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    """Part by part, for whoever reads the failure."""
    return [
        (name, part, one.get(name, {}).get(part), other.get(name, {}).get(part))
        for name in sorted({*one, *other})
        for part in sorted({*one.get(name, {}), *other.get(name, {})} - {"statements"})
        if one.get(name, {}).get(part) != other.get(name, {}).get(part)
    ]


def build(stage: Estate, made: World) -> None:
    """Make the world's tables and fill them."""
    with stage.db.connect() as admin:
        for statement in made.sql():
            admin.execute(statement.encode())
        for table, rows in ((made.city, made.cities), (made.dataset, made.rows)):
            marks = sql.SQL(", ").join(sql.Placeholder() * len(rows[0])) if rows else sql.SQL("")
            insert = sql.SQL("INSERT INTO {} VALUES ({})").format(sql.SQL(table), marks)
            admin.cursor().executemany(insert, [list(row.values()) for row in rows])


@dataclass
class _Asked:
    """One person of one world, signed in with a password."""

    stage: Estate
    made: World
    shape: Shape
    decision: Decision
    documents: dict[str, Any]
    where: str
    tally: Tally

    def compare(self) -> None:
        """Count the cells, returned and withheld, and keep each difference."""
        readable, rows, returned = self._readable, len(self.made.rows), 0
        closed = self._closed(readable)
        url = self.stage.db.url_as(self.decision.principal, PASSWORD)
        with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as session:
            if readable:
                returned = self._compare_rows(session, readable)
            for schema, name, column in closed:
                self._compare_refusal(session, schema, name, column)
        self.tally.withheld += rows * (len(readable) + len(closed)) - returned
        self.tally.cells += returned

    def _compare_rows(self, session: psycopg.Connection[Any], readable: list[str]) -> int:
        expected = Counter(
            tuple(self._shown(row, name) for name in readable)
            for row in self.made.rows
            if covering(self.decision, row, self._follow)
        )
        found = Counter(
            tuple(plain(value) for value in row)
            for row in session.execute(select(*self._way_in, readable)).fetchall()
        )
        if found != expected:
            self._differs(f"{found - expected} instead of {expected - found}")
        return found.total() * len(readable)

    def _compare_refusal(
        self, session: psycopg.Connection[Any], schema: str, name: str, column: str
    ) -> None:
        try:
            session.execute(select(schema, name, [column]))
        except psycopg.Error as error:
            if error.sqlstate not in CLOSED:
                self._differs(f"{schema}.{name}.{column} is refused with {error.sqlstate}")
        else:
            self._differs(f"{schema}.{name}.{column} answers")

    def _differs(self, how: str) -> None:
        self.tally.differences.append(f"{self.where} as {self.decision.principal}: {how}")

    @property
    def _readable(self) -> list[str]:
        shown = {name for branch in self.decision.branches for name in dict(branch.columns)}
        return [column.name for column in self.shape.columns if column.name in shown]

    @property
    def _mode(self) -> str:
        return str(self.documents.get(self.made.dataset, {}).get("mode", ""))

    @property
    def _way_in(self) -> tuple[str, str]:
        if self._mode == "view":
            return "gov", self.documents[self.made.dataset]["view"]["name"]
        schema, name = self.made.dataset.split(".")
        return schema, name

    def _closed(self, readable: list[str]) -> list[tuple[str, str, str]]:
        """What must be refused: other columns, the table behind a view, partitions by name."""
        every = [column.name for column in self.shape.columns]
        closed = [(*self._way_in, column) for column in every if column not in readable]
        schema, name = self.made.dataset.split(".")
        if self._mode == "view":
            closed += [(schema, name, column) for column in every]
        if self.made.kind == "partitioned":
            closed += [("w", f"t{self.made.number}_0", column) for column in every]
        return closed

    def _shown(self, row: dict[str, Any], name: str) -> object:
        key = KEY.encode()
        value = cell(self.decision, row, name, shape=self.shape, key=key, follow=self._follow)
        return plain(None if value is HIDDEN else value)

    def _follow(self, hop: Any, row: Any) -> Iterator[dict[str, Any]]:
        lands = {city["code"]: city for city in self.made.cities}
        if row["city"] in lands:
            yield lands[row["city"]]


def select(schema: str, name: str, columns: list[str]) -> sql.Composed:
    """These columns of every row."""
    return sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema, name)
    )
