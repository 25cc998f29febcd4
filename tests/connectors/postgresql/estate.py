"""A small warehouse with people, our three logins beside them, and what is decided about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import psycopg

from apps.connectors.contracts import Answer, Inventory, Question
from apps.connectors.names import qualified
from apps.connectors.postgresql.connect import Login
from apps.connectors.postgresql.scan import PostgresScanner
from apps.connectors.postgresql.target import PostgresTarget
from apps.semantics.decide import decide
from apps.semantics.filters import EVERYTHING, Compare, Filter, Operator
from apps.semantics.masks import Mask
from apps.semantics.rules import Column, Decision, Effect, Rule, Shape
from tests.servers import WarehouseDatabase

AT = datetime(2026, 3, 1, tzinfo=UTC)
KEY = "a mask key of thirty-two letters"
PASSWORD = "sesame"
KINDS = ("materialized_view", "foreign_table", "partition", "partitioned_table", "view", "table")
EU = Compare("region", Operator.EQ, "EU")
US = Compare("region", Operator.EQ, "US")

PEOPLE = ("alice", "bob", "carol")


class Given:
    """Secrets by their reference, for tests alone."""

    def resolve(self, reference: str) -> str:
        """The secret."""
        return {"env:LOGIN": PASSWORD, "env:KEY": KEY}[reference]


@dataclass
class Estate:
    """A database, and the connector to it."""

    db: WarehouseDatabase
    target: PostgresTarget
    scanner: PostgresScanner
    unclassified: frozenset[str] = frozenset()
    people: tuple[str, ...] = field(default=PEOPLE)

    def sql(self, text: str) -> list[tuple[object, ...]]:
        """Run something as the superuser; the answer of the last statement."""
        with self.db.connect() as admin:
            cursor = admin.execute(text.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def inventory(self) -> Inventory:
        """What a scan sees now, everything classified but `unclassified`."""
        return inventory_of(self.scanner, self.unclassified)

    def render(self, *rules: Rule) -> dict[str, dict[str, object]]:
        """The documents for these rules."""
        return self.target.render(rules, self.inventory())

    def apply(self, *rules: Rule) -> dict[str, dict[str, object]]:
        """Make these rules stand, and nothing else of ours."""
        documents = self.render(*rules)
        for name in self.target.read().own:
            if name not in documents and name != "database":
                self.target.remove(name)
        for name, document in sorted(documents.items(), key=lambda pair: pair[0] == "database"):
            self.target.write(name, document)
        return documents

    def decision(self, principal: str, dataset: str, *rules: Rule) -> Decision:
        """What these rules mean for one person."""
        shape = self.inventory().shapes[dataset]
        return decide(rules, principal=principal, shape=shape, at=AT)

    def ask(self, principal: str, dataset: str, *rules: Rule) -> Answer:
        """Ask the live system as this person."""
        shape = self.inventory().shapes[dataset]
        decision = decide(rules, principal=principal, shape=shape, at=AT)
        return self.target.probe(principal, Question(decision, shape))

    def rows_as(self, who: str, query: str) -> list[tuple[object, ...]]:
        """What somebody who really logs in, with their password, is answered."""
        with psycopg.connect(self.db.url_as(who, PASSWORD), autocommit=True) as session:
            return session.execute(query.encode()).fetchall()

    def refuses(self, who: str, query: str) -> str:
        """The SQLSTATE with which somebody who really logs in is refused; empty when not."""
        try:
            with psycopg.connect(self.db.url_as(who, PASSWORD), autocommit=True) as session:
                session.execute(query.encode())
        except psycopg.Error as error:
            return error.sqlstate or "?"
        return ""


def make_estate(db: WarehouseDatabase, *, superuser: bool = False) -> Estate:
    """Give a database an owner of its tables, people, and our three logins."""
    modern = db.major >= 16
    with db.connect() as admin:
        name = db.name
        attributes = "SUPERUSER" if superuser else "CREATEROLE"
        for who in ("loader", *PEOPLE):
            admin.execute(f"CREATE ROLE {who} LOGIN PASSWORD '{PASSWORD}'")
        admin.execute(f"CREATE ROLE sen_apply LOGIN {attributes} PASSWORD '{PASSWORD}'")
        admin.execute(f"CREATE ROLE sen_probe LOGIN NOINHERIT PASSWORD '{PASSWORD}'")
        admin.execute(f"CREATE ROLE sen_scan LOGIN PASSWORD '{PASSWORD}'")
        admin.execute("GRANT pg_read_all_data TO sen_scan")
        admin.execute(f"ALTER DATABASE {name} OWNER TO sen_apply")
        admin.execute("GRANT loader TO sen_apply")
        admin.execute("CREATE SCHEMA sales AUTHORIZATION loader")
        admin.execute("GRANT CREATE ON SCHEMA public TO loader")
        options = " WITH INHERIT FALSE, SET TRUE" if modern else ""
        for who in PEOPLE:
            admin.execute(f"GRANT {who} TO sen_probe{options}")
        path = f'ALTER ROLE postgres IN DATABASE {name} SET search_path = "$user", public'
        admin.execute(path)
    logins = {
        role: Login(
            host="127.0.0.1",
            port=db.cluster.port,
            dbname=db.name,
            user=f"sen_{role}",
            secret="env:LOGIN",
            secrets=Given(),
        )
        for role in ("apply", "probe", "scan")
    }
    target = PostgresTarget(**logins, mask_key="env:KEY", mark="test")
    if target.key is not None:
        target.key = replace(target.key, secrets=Given())
    return Estate(db, target, PostgresScanner(**logins))


ORDERS = """
SET ROLE loader;
CREATE TABLE sales.orders (
  id int PRIMARY KEY, region text, email varchar(60), amount numeric(10, 2),
  born date, note text
);
INSERT INTO sales.orders
SELECT n, (ARRAY['EU', 'US', 'AP', NULL])[1 + n % 4], 'person' || n || '@example.org',
       n * 10.5, date '1980-05-05' + n * 37, CASE WHEN n % 5 > 0 THEN 'note ' || n END
FROM generate_series(1, 40) n;
RESET ROLE;
"""


def inventory_of(scanner: PostgresScanner, unclassified: Iterable[str] = ()) -> Inventory:
    """What the renderer must know, from a real scan."""
    scan = scanner.scan()
    hidden = set(unclassified)
    beside: dict[str, list[str]] = {}
    for bypass in scan.bypasses:
        if bypass.dataset and bypass.kind in ("definer_view", "materialized_view", "child"):
            beside.setdefault(bypass.dataset, []).append(bypass.through)
    shapes = {}
    owners: dict[str, str] = {}
    for each in scan.datasets:
        name = qualified(each.schema, each.name)
        owners[name] = each.owner
        keys = [key.columns for key in each.keys if key.kind == "primary"]
        shapes[name] = Shape(
            name,
            tuple(
                Column(f.name, f.type, f.nullable, f"{name}.{f.name}" not in hidden)
                for f in each.fields
            ),
            primary_key=keys[0] if keys else (),
            kind=each.kind,
        )
    privileges: dict[str, list[object]] = {}
    for right in scan.privileges:
        privileges.setdefault(right.dataset, []).append(right)
    return Inventory(
        shapes=shapes,
        roles={role.name: role for role in scan.roles},
        bypasses={name: tuple(sorted(found)) for name, found in beside.items()},
        version=scan.server.rpartition(" ")[2],
        owners=owners,
        privileges={name: tuple(found) for name, found in privileges.items()},  # type: ignore[misc]
    )


def grant(
    to: str,
    columns: Iterable[str] | None = None,
    rows: Filter = EVERYTHING,
    *,
    dataset: str = "sales.orders",
    masks: Mapping[str, Mask] | None = None,
    key: str = "",
) -> Rule:
    """A grant to one role."""
    name = key or f"{to}-{dataset}"
    return Rule(
        key=name,
        origin=f"grant:{name}",
        effect=Effect.GRANT,
        dataset=dataset,
        principals=frozenset({to}),
        columns=None if columns is None else frozenset(columns),
        filter=rows,
        masks=tuple((masks or {}).items()),
    )
