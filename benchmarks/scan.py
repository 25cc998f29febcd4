"""Scan: 10,000 tables with 200,000 columns, first and again without a change.

`python -m benchmarks.scan [--tables N] [--rounds N]`. Reading the catalog's rows and doing nothing
with them is timed beside it, as what no scan can beat.
"""

import argparse
import os
import statistics
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

from benchmarks.harness import Arm, measure, report
from benchmarks.places import database, servers, statements

COLUMNS = 20
FIRST, AGAIN = 30, 5
"""Seconds that a scan of 10,000 tables may take, first and without a change."""


def main() -> None:
    """Build the warehouse, scan it round after round, and exit 1 when a promise was missed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tables", type=int, default=10_000)
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    django.setup()
    from tests.servers import fresh_database

    with (
        servers() as (control, warehouse),
        database(control),
        fresh_database(warehouse) as db,
    ):
        kept = run(db, given.tables, given.rounds)
    if not kept:
        raise SystemExit(1)


def run(db: Any, tables: int, rounds: int) -> bool:
    """Measure on this warehouse; returns whether every promise was kept."""
    from apps.catalog import connections
    from apps.catalog.models import Dataset, Field
    from apps.connectors.postgresql.scan import listing_of

    few = max(tables // 100, 1)
    _build(db, 0, few)
    few_read = statements(connections.scanner(_connected(db)).scan)
    _build(db, few, tables)
    system = _connected(db)
    many_read = statements(connections.scanner(system).scan)
    _scan(system)
    assert (Dataset.objects.count(), Field.objects.count()) == (tables, tables * COLUMNS)
    sent, changed = _again(system)

    def rows() -> int:
        scanner: Any = connections.scanner(system)
        with scanner._scan.reading() as connection:
            listing_of(connection)
        return tables

    ours: dict[bool, list[float]] = {True: [], False: []}

    def scan(changed: bool) -> int:
        began = time.process_time()
        assert _scan(system).changed is changed
        ours[changed].append(time.process_time() - began)
        return tables

    def afresh() -> None:
        nonlocal system
        system = _connected(db)

    outcome = measure(
        "Scan",
        [
            Arm("catalog rows alone", rows),
            Arm("first scan", lambda: scan(True), prepare=afresh),
            Arm("scan without a change", lambda: scan(False)),
        ],
        rounds=rounds,
        versions=["django", "psycopg"],
        notes=[f"{tables} tables, {tables * COLUMNS} columns"],
    )
    took = {name: [s * tables for s in seconds] for name, seconds in outcome.seconds.items()}
    return report(
        "Scan, what it takes",
        [
            _within("seconds of a first scan", took["first scan"], FIRST),
            _within("seconds without a change", took["scan without a change"], AGAIN),
            _measured("of those, our own CPU's, first", ours[True]),
            _measured("of those, our own CPU's, without a change", ours[False]),
            _same(f"catalog queries for {few} and {tables} tables", few_read, many_read),
            ("statements to our database without a change", "0", str(sent), sent == 0),
            ("a scan without a change says so", "yes", "no" if changed else "yes", not changed),
        ],
    )


def _within(what: str, seconds: list[float], most: int) -> tuple[str, str, str, bool]:
    median = statistics.median(seconds)
    return (
        what,
        f"<= {most}",
        f"{median:.1f} ({min(seconds):.1f}-{max(seconds):.1f})",
        median <= most,
    )


def _measured(what: str, seconds: list[float]) -> tuple[str, str, str, bool]:
    return what, "as measured", f"{statistics.median(seconds):.1f}", True


def _same(what: str, one: int, other: int) -> tuple[str, str, str, bool]:
    return what, "the same", f"{one} and {other}", one == other


def _build(db: Any, start: int, stop: int) -> None:
    columns = ", ".join(f"column_{number} text" for number in range(COLUMNS - 1))
    with db.connect() as admin:
        for first in range(start, stop, 500):
            each = range(first, min(first + 500, stop))
            made = (f"CREATE TABLE t{n:05} (id int PRIMARY KEY, {columns})" for n in each)
            admin.execute("; ".join(made).encode())


def _connected(db: Any) -> Any:
    """A system that nobody has scanned yet; what one was seen to hold before is forgotten."""
    from django.conf import settings
    from django.db import connection

    from apps.catalog.models import System

    settings.CONNECTABLE_NETWORKS = ["127.0.0.0/8"]
    os.environ["BENCH_WAREHOUSE"] = db.cluster.password
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE catalog_system CASCADE")
    return System.objects.create(
        key="bench",
        name="Bench",
        connector="postgresql",
        address={"host": "127.0.0.1", "port": db.cluster.port, "dbname": db.name},
        secrets={"scan": {"user": "postgres", "secret": "env:BENCH_WAREHOUSE"}},
    )


def _scan(system: Any) -> Any:
    from django.utils import timezone

    from apps.catalog.services import scan_system
    from apps.core.actors import SystemActor

    result = scan_system(system=system, at=timezone.now(), actor=SystemActor("bench"))
    system.refresh_from_db()
    return result


def _again(system: Any) -> tuple[int, bool]:
    """The statements that a scan without a change sends to our own database."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from apps.catalog.services import scan_system
    from apps.core.actors import SystemActor

    with CaptureQueriesContext(connection) as queries:
        result = scan_system(system=system, at=timezone.now(), actor=SystemActor("bench"))
    return len(queries), result.changed


if __name__ == "__main__":
    main()
