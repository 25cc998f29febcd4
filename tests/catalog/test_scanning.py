"""A scan brings the catalog in line with a live system, and writes nothing when nothing changed."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Entry
from apps.catalog import services
from apps.catalog.models import (
    Bypass,
    Dataset,
    Field,
    Key,
    Privilege,
    RunState,
    ScanRun,
    System,
    SystemRole,
    SystemState,
)
from apps.core.actors import SystemActor
from apps.core.errors import Conflict, Unavailable
from tests.servers import WarehouseDatabase

ACTOR = SystemActor("test")
FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 9, tzinfo=UTC)
LAST = datetime(2026, 3, 3, 9, tzinfo=UTC)

WORLD = """
CREATE ROLE reader NOLOGIN; CREATE ROLE alice LOGIN; GRANT reader TO alice;
CREATE SCHEMA sales;
CREATE TABLE sales.customers (id int PRIMARY KEY, email text);
CREATE TABLE sales.orders (id int, customer int REFERENCES sales.customers, at date)
  PARTITION BY RANGE (at);
CREATE TABLE sales.orders_1 PARTITION OF sales.orders
  FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE VIEW sales.emails AS SELECT email FROM sales.customers;
GRANT SELECT ON sales.customers, sales.emails TO reader;
"""

Connect = Callable[..., System]


@pytest.fixture
def world(warehouse_db: WarehouseDatabase) -> WarehouseDatabase:
    with warehouse_db.connect() as admin:
        admin.execute(WORLD)
    return warehouse_db


def change(db: WarehouseDatabase, sql: str) -> None:
    with db.connect() as admin:
        admin.execute(sql)


def test_a_first_scan_brings_everything_in(world: WarehouseDatabase, connected: Connect) -> None:
    system = connected()
    result = services.scan_system(system=system, at=FIRST, actor=ACTOR)

    assert result.changed
    assert result.counts["datasets_new"] == 4
    assert [dataset.qualified for dataset in Dataset.objects.all()] == [
        "sales.customers",
        "sales.emails",
        "sales.orders",
        "sales.orders_1",
    ]
    partition = Dataset.objects.get(name="orders_1")
    assert partition.parent == Dataset.objects.get(name="orders")
    assert partition.ref == "dataset:warehouse/sales.orders_1"
    assert list(Field.objects.filter(dataset__name="customers").values_list("name", "type")) == [
        ("id", "integer"),
        ("email", "text"),
    ]
    foreign = Key.objects.get(dataset__name="orders", kind="foreign")
    assert (foreign.to_dataset.qualified, foreign.to_columns) == ("sales.customers", ["id"])
    assert Privilege.objects.filter(dataset__name="customers").get().grantee == "reader"
    alice = SystemRole.objects.get(name="alice")
    assert [step.role.name for step in alice.member_of.all()] == ["reader"]
    bypass = Bypass.objects.get(dataset__name="customers")
    assert (bypass.kind, bypass.through, bypass.principals) == (
        "definer_view",
        "sales.emails",
        ["alice"],
    )
    system.refresh_from_db()
    assert system.server.startswith("PostgreSQL 1")
    assert Entry.objects.filter(action="catalog.scan_system", subject=system.ref).count() == 1


def test_a_rescan_without_a_change_writes_nothing(
    world: WarehouseDatabase, connected: Connect
) -> None:
    system = connected()
    services.scan_system(system=system, at=FIRST, actor=ACTOR)
    system.refresh_from_db()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        result = services.scan_system(system=system, at=LATER, actor=ACTOR)
    assert not result.changed
    assert [query["sql"] for query in queries] == []


def test_a_change_writes_only_what_differs(world: WarehouseDatabase, connected: Connect) -> None:
    system = connected()
    services.scan_system(system=system, at=FIRST, actor=ACTOR)
    before = set(Field.objects.values_list("id", "uuid"))
    change(
        world, "ALTER TABLE sales.customers ADD phone text; COMMENT ON TABLE sales.orders IS 'x'"
    )
    system.refresh_from_db()
    result = services.scan_system(system=system, at=LATER, actor=ACTOR)
    assert result.counts == {"fields_new": 1, "datasets_changed": 1}
    assert before < set(Field.objects.values_list("id", "uuid"))
    assert Dataset.objects.get(name="orders").last_seen_at == LATER
    assert Dataset.objects.get(name="customers").last_seen_at == FIRST


def test_what_vanished_is_marked_and_what_returns_is_unmarked_with_the_same_identity(
    world: WarehouseDatabase, connected: Connect
) -> None:
    system = connected()
    services.scan_system(system=system, at=FIRST, actor=ACTOR)
    uuid = Dataset.objects.get(name="emails").uuid
    column = Field.objects.get(dataset__name="customers", name="email").uuid
    change(
        world,
        "DROP VIEW sales.emails; ALTER TABLE sales.customers DROP email;"
        "REVOKE SELECT ON sales.customers FROM reader; DROP OWNED BY reader; DROP ROLE reader",
    )
    system.refresh_from_db()
    result = services.scan_system(system=system, at=LATER, actor=ACTOR)
    assert result.counts["datasets_vanished"] == result.counts["fields_vanished"] == 1
    assert result.counts["roles_vanished"] == 1
    assert Dataset.objects.get(name="emails").vanished_at == LATER
    assert Field.objects.get(uuid=column).vanished_at == LATER
    assert SystemRole.objects.get(name="reader").vanished_at == LATER
    assert not Privilege.objects.exists()
    assert not Bypass.objects.filter(dataset__isnull=False, kind="definer_view").exists()

    change(
        world,
        "ALTER TABLE sales.customers ADD email text;"
        "CREATE VIEW sales.emails AS SELECT email FROM sales.customers; CREATE ROLE reader",
    )
    system.refresh_from_db()
    services.scan_system(system=system, at=LAST, actor=ACTOR)
    back = Dataset.objects.get(name="emails")
    assert (back.uuid, back.vanished_at, back.first_seen_at) == (uuid, None, FIRST)
    assert Field.objects.get(dataset__name="customers", name="email").uuid == column
    assert Field.objects.get(uuid=column).vanished_at is None
    assert SystemRole.objects.get(name="reader").vanished_at is None


def test_a_system_that_does_not_answer_leaves_the_catalog_as_it_was(
    world: WarehouseDatabase, connected: Connect
) -> None:
    system = connected()
    services.scan_system(system=system, at=FIRST, actor=ACTOR)
    system.refresh_from_db()
    system.address["port"] = 1
    with pytest.raises(Unavailable, match="did not answer"):
        services.scan_system(system=system, at=LATER, actor=ACTOR)
    assert not Dataset.objects.filter(vanished_at__isnull=False).exists()
    run = ScanRun.objects.get(state=RunState.FAILED)
    assert "did not answer" in run.error
    assert Entry.objects.filter(action="catalog.scan_failed").count() == 1


def test_a_paused_system_is_not_scanned(connected: Connect) -> None:
    system = connected(state=SystemState.PAUSED)
    with pytest.raises(Conflict, match="paused"):
        services.scan_system(system=system, at=FIRST, actor=ACTOR)
