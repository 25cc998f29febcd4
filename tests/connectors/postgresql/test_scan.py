"""A scan lists a live database whole: what is in it, who can act there, at a constant cost."""

from collections.abc import Iterator

import psycopg
import pytest

from apps.connectors.contracts import Membership, Refused, Scan, ScannedKey, Unreachable
from apps.connectors.postgresql.connect import Login
from apps.connectors.postgresql.scan import PostgresScanner
from tests.servers import WarehouseDatabase

WORLD = """
CREATE ROLE scan_login LOGIN PASSWORD 'pw';
CREATE ROLE loader NOLOGIN;
CREATE ROLE analysts NOLOGIN;
CREATE ROLE alice LOGIN PASSWORD 'pw' VALID UNTIL '2099-01-01';
CREATE ROLE bob LOGIN NOINHERIT VALID UNTIL 'infinity';
GRANT analysts TO alice;
GRANT analysts TO bob WITH ADMIN OPTION;
CREATE SCHEMA sales AUTHORIZATION loader;
CREATE SCHEMA "odd.schema";
SET ROLE loader;
CREATE TABLE sales.customers (
  id bigint PRIMARY KEY, gone text, email varchar(80) NOT NULL, country char(2));
ALTER TABLE sales.customers DROP COLUMN gone;
COMMENT ON TABLE sales.customers IS 'Who buys';
COMMENT ON COLUMN sales.customers.email IS 'Where to write';
CREATE TABLE sales.orders (
  id bigint, customer_id bigint REFERENCES sales.customers ON DELETE CASCADE, at date NOT NULL,
  PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE sales.orders_2024 PARTITION OF sales.orders
  FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO sales.customers VALUES (1, 'a@example.org', 'NO'), (2, 'b@example.org', 'SE');
INSERT INTO sales.orders SELECT g, 1, '2024-05-01' FROM generate_series(1, 500) g;
CREATE TABLE sales.archive (closed date) INHERITS (sales.customers);
CREATE VIEW sales.open AS SELECT id FROM sales.orders;
CREATE VIEW sales.asked WITH (security_invoker = true) AS SELECT email FROM sales.customers;
CREATE MATERIALIZED VIEW sales.totals AS SELECT count(*) AS n FROM sales.orders;
GRANT SELECT ON sales.customers TO analysts;
GRANT SELECT (email) ON sales.customers TO bob;
RESET ROLE;
CREATE TABLE "odd.schema"."Camel" ("a.b" int);
CREATE SCHEMA gov; CREATE VIEW gov.customers AS SELECT id FROM sales.customers;
ANALYZE;
"""


def login(db: WarehouseDatabase, user: str, monkeypatch: pytest.MonkeyPatch) -> Login:
    monkeypatch.setenv("WAREHOUSE_PASSWORD", "pw")
    return Login("127.0.0.1", db.cluster.port, db.name, user, "env:WAREHOUSE_PASSWORD")


@pytest.fixture(scope="module")
def world(module_warehouse_db: WarehouseDatabase) -> Iterator[WarehouseDatabase]:
    with module_warehouse_db.connect() as admin:
        admin.execute(WORLD)
        yield module_warehouse_db
        admin.execute('DROP SCHEMA sales, gov, "odd.schema" CASCADE')


@pytest.fixture
def scanner(world: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch) -> PostgresScanner:
    return PostgresScanner(scan=login(world, "scan_login", monkeypatch))


@pytest.fixture
def scan(scanner: PostgresScanner) -> Scan:
    return scanner.scan()


def test_every_kind_of_relation_is_listed_and_our_own_schema_is_not(scan: Scan) -> None:
    assert {f"{one.schema}.{one.name}": one.kind for one in scan.datasets} == {
        "odd.schema.Camel": "table",
        "sales.archive": "table",
        "sales.asked": "view",
        "sales.customers": "table",
        "sales.open": "view",
        "sales.orders": "partitioned_table",
        "sales.orders_2024": "partition",
        "sales.totals": "materialized_view",
    }


def test_columns_come_with_type_nullability_and_comment_and_without_the_dropped(
    scan: Scan,
) -> None:
    (customers,) = (one for one in scan.datasets if one.name == "customers")
    assert customers.comment == "Who buys"
    assert customers.owner == "loader"
    assert [(one.position, one.name, one.type, one.nullable) for one in customers.fields] == [
        (1, "id", "bigint", False),
        (2, "email", "character varying(80)", False),
        (3, "country", "character(2)", True),
    ]
    assert customers.fields[1].comment == "Where to write"


def test_keys_name_their_columns_on_both_sides(scan: Scan) -> None:
    (orders,) = (one for one in scan.datasets if one.name == "orders")
    assert [key for key in orders.keys if key.kind == "foreign"] == [
        ScannedKey(
            "orders_customer_id_fkey", "foreign", ("customer_id",), "sales.customers", ("id",)
        )
    ]
    assert [key.columns for key in orders.keys if key.kind == "primary"] == [("id", "at")]


def test_partitions_and_children_know_their_parent(scan: Scan) -> None:
    parents = {one.name: one.parent for one in scan.datasets if one.parent}
    assert parents == {"orders_2024": "sales.orders", "archive": "sales.customers"}


def test_a_partitioned_table_is_as_big_as_its_partitions(scan: Scan) -> None:
    by_name = {one.name: one for one in scan.datasets}
    assert by_name["orders"].row_estimate == by_name["orders_2024"].row_estimate == 500
    assert by_name["orders"].size_bytes == by_name["orders_2024"].size_bytes > 0


def test_views_say_what_they_read_and_with_whose_rights(scan: Scan) -> None:
    views = {one.name: (one.reads, one.security_invoker) for one in scan.datasets if one.reads}
    assert views == {
        "open": (("sales.orders",), False),
        "asked": (("sales.customers",), True),
        "totals": (("sales.orders",), False),
    }


def test_names_with_dots_are_quoted_so_that_no_two_meet(scan: Scan) -> None:
    (camel,) = (one for one in scan.datasets if one.name == "Camel")
    assert camel.schema == "odd.schema"
    assert [one.name for one in camel.fields] == ["a.b"]


def test_roles_come_with_attributes_and_membership_options(
    scan: Scan, world: WarehouseDatabase
) -> None:
    roles = {role.name: role for role in scan.roles}
    assert roles["alice"].login
    assert roles["alice"].valid_until is not None
    assert roles["bob"].valid_until is None
    assert roles["alice"].member_of == (Membership("analysts", True, True, False),)
    assert roles["bob"].member_of == (Membership("analysts", False, True, True),)
    assert roles["postgres"].superuser


def test_rights_of_others_are_listed_down_to_columns_and_the_owners_own_are_not(
    scan: Scan,
) -> None:
    found = {
        (right.grantee, right.dataset, right.privilege, right.column, right.grantor)
        for right in scan.privileges
    }
    assert found == {
        ("analysts", "sales.customers", "SELECT", "", "loader"),
        ("bob", "sales.customers", "SELECT", "email", "loader"),
    }


def test_a_scan_asks_the_same_number_of_questions_however_much_there_is(
    scanner: PostgresScanner, world: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    execute = psycopg.Connection.execute

    def counting(self: object, query: object, *rest: object, **named: object) -> object:
        asked.append(query)
        return execute(self, query, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg.Connection, "execute", counting)
    scanner.scan()
    before = len(asked)
    with world.connect() as admin:
        for number in range(20):
            admin.execute(f"CREATE TABLE sales.many_{number} (id int PRIMARY KEY)")
    asked.clear()
    assert len(scanner.scan().datasets) == 28
    assert len(asked) == before <= 14
    with world.connect() as admin:
        for number in range(20):
            admin.execute(f"DROP TABLE sales.many_{number}")


def test_a_scan_that_is_cut_short_is_unreachable_and_never_partial(
    world: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_login = login(world, "scan_login", monkeypatch)
    monkeypatch.setattr(
        "apps.connectors.postgresql.listing.PRIVILEGES", "SELECT pg_catalog.pg_sleep(5)"
    )
    hurried = Login(
        scan_login.host,
        scan_login.port,
        scan_login.dbname,
        "scan_login",
        scan_login.secret,
        statement_timeout=0.2,
    )
    with pytest.raises(Unreachable):
        PostgresScanner(scan=hurried).scan()


def test_a_server_that_is_not_there_is_unreachable(
    world: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_PASSWORD", "pw")
    nowhere = Login("127.0.0.1", 1, world.name, "scan_login", "env:WAREHOUSE_PASSWORD")
    with pytest.raises(Unreachable):
        PostgresScanner(scan=nowhere).scan()


def test_samples_are_refused_where_we_may_not_read_and_given_where_we_may(
    world: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = PostgresScanner(scan=login(world, "scan_login", monkeypatch))
    with pytest.raises(Refused, match=r"sales\.customers"):
        list(refused.sample("sales.customers", ["email"], 10))
    allowed = PostgresScanner(scan=login(world, "alice", monkeypatch))
    with world.connect() as admin:
        admin.execute("GRANT USAGE ON SCHEMA sales TO analysts")
    rows = list(allowed.sample("sales.customers", ["country", "email"], 1))
    assert rows == [("NO", "a@example.org")]
