"""SIGKILL at every write point of a pass on a live PostgreSQL, and two passes at once."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from django.db import connection

from apps.enforcement.models import Drift, Sync
from apps.enforcement.selectors import State, statuses_of
from apps.semantics.masks import REDACT
from tests.connectors.postgresql.estate import EU
from tests.enforcement.conftest import World, furnish
from tests.enforcement.live import Warehouse, open_warehouse
from tests.servers import WarehouseDatabase, sized

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMERS = """
SET ROLE loader;
CREATE TABLE sales.customers (id int PRIMARY KEY, email varchar(60));
INSERT INTO sales.customers SELECT n, 'c' || n || '@example.org' FROM generate_series(1, 20) n;
RESET ROLE;
"""
OWNERS = ["grant:G-1", "grant:G-2", "grant:G-3"]


def die_at(point: int) -> bool:
    """Run a pass in a process that kills itself there; whether it did."""
    database = connection.settings_dict
    where = {name: database[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.enforcement.dying", str(point)],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "SENESCHAL_TEST_DATABASE": json.dumps(where),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr[-2000:]
    return ended.returncode != 0


def readable(house: Warehouse) -> dict[str, int]:
    """How many rows each person reads who really logs in; what is refused counts as none."""
    asked = {
        "alice": "SELECT id FROM sales.orders",
        "bob": "SELECT id FROM customers",
        "carol": "SELECT id FROM sales.orders",
    }
    return {
        who: 0 if house.estate.refuses(who, sql) else len(house.estate.rows_as(who, sql))
        for who, sql in asked.items()
    }


def test_killed_anywhere_it_converges_in_two_passes(
    warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_warehouse(warehouse_db, monkeypatch, CUSTOMERS)
    points, last = sized(2, 99), 0
    for point in range(1, points + 1):
        house.grant(1, "alice", ["id", "region"])
        house.withdraw(2)
        house.withdraw(3)
        assert house.reconcile().outcome == Sync.Outcome.APPLIED
        before = readable(house)
        assert before == {"alice": 40, "bob": 0, "carol": 0}
        house.grant(1, "alice", ["id"], EU)
        house.grant(2, "bob", ["id", "email"], masks={"email": REDACT}, dataset="sales.customers")
        house.grant(3, "carol", ["id"], EU)
        wanted = {"alice": 10, "bob": 20, "carol": 10}
        died = die_at(point)
        for who, rows in readable(house).items():
            assert rows <= max(before[who], wanted[who]), f"{who} after dying at {point}"
        house.reconcile()
        second = house.reconcile()
        assert second.outcome == Sync.Outcome.NOOP, second.reason
        assert readable(house) == wanted
        assert not Drift.objects.exists()
        assert {s.state for s in statuses_of(OWNERS).values()} == {State.IN_FORCE}
        assert not Sync.objects.filter(outcome=Sync.Outcome.RUNNING).exists()
        if not died:
            break
        last = point
    assert last >= min(points, 6), "three documents, each with a point within and one after"


def test_two_passes_at_once_write_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.catalog.models import System
    from tests.connectors.double import MemoryServer, MemoryTarget

    monkeypatch.setattr("apps.jobs.services.queue.wake", lambda: None)
    system = System.objects.create(key="warehouse", name="Warehouse", connector="double")
    furnish(system)
    server = MemoryServer()
    monkeypatch.setattr("apps.catalog.connections.target", lambda system: MemoryTarget(server))
    world = World(system, server)
    for number in range(10):
        world.grant(number, f"t{number}", "alice")
    gate, outcomes = threading.Barrier(4), []

    def go() -> None:
        gate.wait()
        try:
            outcomes.append(world.reconcile().outcome)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["applied", "noop", "noop", "noop"]
    assert len(server.writes) == 10
