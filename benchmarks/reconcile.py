"""P10: a pass over a drifted PostgreSQL against writing every document again.

`python -m benchmarks.reconcile [tables] [rounds]`, 10,000 tables by default, 1 % of them changed by
hand before each arm. Both arms go through the same connector to the same live server; both end with
every document as decided, which is compared before anything is timed.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django
import psycopg

from benchmarks.harness import Arm, Promise, finish, measure, report

PEOPLE, DRIFTED = 20, 0.01
PASSWORD = "for-this-run-alone"


def main() -> None:
    """Build the estate, measure, and exit 1 when a promise was missed."""
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    django.setup()
    with _servers() as (control, warehouse), _database(control):
        from tests import servers

        with servers.fresh_database(warehouse) as db:
            run(db, tables, rounds)


def run(db: Any, tables: int, rounds: int) -> None:
    """Measure on this warehouse."""
    from apps.catalog import connections

    few = max(tables // 10, 1)
    _build(db, 0, few)
    system = _connect(db)
    few_reads = _statements(connections.target(system).read)
    _build(db, few, tables)
    _scan(system)
    _declare(system, tables)
    began = time.perf_counter()
    _reconcile(system)
    print(f"first pass, {tables} documents made: {time.perf_counter() - began:.1f} s")
    target = connections.target(system)
    many_reads = _statements(target.read)
    wanted = target.read().own
    drifted = max(int(tables * DRIFTED), 1)

    def ours() -> int:
        sync = _reconcile(system)
        assert sync.writes == drifted, f"{sync.writes} writes for {drifted} drifted"
        return tables

    def again() -> int:
        for name, document in wanted.items():
            target.write(name, document)
        return tables

    for arm in (ours, again):
        _drift(db, drifted)
        arm()
        assert connections.target(system).read().own == wanted
    outcome = measure(
        "P10 reconcile",
        [
            Arm("one pass", _after(lambda: _drift(db, drifted), ours)),
            Arm("every document again", _after(lambda: _drift(db, drifted), again)),
        ],
        [
            Promise(
                "a pass against writing everything again", "one pass", "every document again", 40
            )
        ],
        rounds=rounds,
        versions=["django", "psycopg"],
        notes=[
            f"{tables} tables, {drifted} changed by hand; a pass reads twice and asks as people"
        ],
    )
    began = time.perf_counter()
    idle = _reconcile(system)
    quiet = time.perf_counter() - began
    report(
        "P10 reconcile, what it reads and writes",
        [
            (
                f"statements to read {few} and {tables} tables",
                "the same",
                f"{few_reads} and {many_reads}",
                few_reads == many_reads,
            ),
            (f"writes for {drifted} drifted", str(drifted), str(drifted), True),
            ("writes of a pass without work", "0", str(idle.writes), idle.writes == 0),
            ("seconds of a pass without work", "as measured", f"{quiet:.2f}", True),
        ],
    )
    finish([outcome])


def _after(first: Any, then: Any) -> Any:
    def both() -> int:
        first()
        return int(then())

    return both


@contextmanager
def _servers() -> Iterator[tuple[Any, Any]]:
    from controlplane.embedded.roles import ensure_roles
    from tests import servers

    with servers.running_cluster("control") as control:
        with control.connect() as admin:
            ensure_roles(admin, dict.fromkeys(("owner", "web", "worker"), PASSWORD))
            admin.execute("ALTER ROLE seneschal_owner CREATEDB")
        with servers.running_cluster("warehouse") as warehouse:
            yield control, warehouse


@contextmanager
def _database(control: Any) -> Iterator[None]:
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from controlplane.embedded.roles import OWNER

    for known in (settings.DATABASES["default"], connection.settings_dict):
        known.update(HOST="127.0.0.1", PORT=str(control.port), USER=OWNER, PASSWORD=PASSWORD)
    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)


def _build(db: Any, start: int, stop: int) -> None:
    """Tables like a warehouse's, and people."""
    with db.connect() as admin:
        if not start:
            admin.execute(f"CREATE ROLE bench LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
            admin.execute("CREATE ROLE loader")
            admin.execute("CREATE SCHEMA sales AUTHORIZATION loader")
            for number in range(PEOPLE):
                admin.execute(f"CREATE ROLE person{number} LOGIN")
        for number in range(start, stop):
            admin.execute(f"CREATE TABLE sales.t{number:05} (id int, region text, email text)")
            admin.execute(f"ALTER TABLE sales.t{number:05} OWNER TO loader")


def _connect(db: Any) -> Any:
    from django.conf import settings

    from apps.catalog.models import System

    settings.CONNECTABLE_NETWORKS = ["127.0.0.0/8"]
    os.environ["BENCH_WAREHOUSE"] = PASSWORD
    login = {"user": "bench", "secret": "env:BENCH_WAREHOUSE"}
    return System.objects.create(
        key="bench",
        name="Bench",
        connector="postgresql",
        address={"host": "127.0.0.1", "port": db.cluster.port, "dbname": db.name},
        secrets={"scan": login, "apply": login, "probe": login},
    )


def _scan(system: Any) -> None:
    from django.utils import timezone

    from apps.catalog.models import Field, Tag, Tagging
    from apps.catalog.services import scan_system
    from apps.core.actors import SystemActor

    scan_system(system=system, at=timezone.now(), actor=SystemActor("bench"))
    tag, _ = Tag.objects.get_or_create(key="public.none", defaults={"name": "Nothing"})
    Tagging.objects.bulk_create(
        [
            Tagging(field=field, tag=tag, state="confirmed", decided_at=timezone.now())
            for field in Field.objects.filter(dataset__system=system)
        ],
        batch_size=5000,
    )
    system.refresh_from_db()


def _declare(system: Any, tables: int) -> None:
    from apps.core.actors import SystemActor
    from apps.enforcement import services
    from apps.semantics.filters import Compare, Operator
    from apps.semantics.rules import Effect, Rule

    for number in range(tables):
        owner = f"grant:G-{number}"
        rule = Rule(
            key=owner,
            origin=owner,
            effect=Effect.GRANT,
            dataset=f"sales.t{number:05}",
            principals=frozenset({f"person{number % PEOPLE}"}),
            filter=Compare("region", Operator.EQ, "EU"),
        )
        services.declare(owner=owner, system=system, rules=(rule,), actor=SystemActor("bench"))


def _reconcile(system: Any) -> Any:
    from django.utils import timezone

    from apps.core.actors import SystemActor
    from apps.enforcement import services

    sync = services.reconcile(system=system, at=timezone.now(), actor=SystemActor("bench"))
    assert sync.outcome in ("applied", "noop"), f"{sync.outcome}: {sync.reason}"
    return sync


def _drift(db: Any, number: int) -> None:
    """Somebody switches row security off, table by table."""
    with db.connect() as admin:
        for each in range(number):
            admin.execute(f"ALTER TABLE sales.t{each:05} DISABLE ROW LEVEL SECURITY")


def _statements(call: Any) -> int:
    """How many statements a call sends."""
    sent = 0
    execute = psycopg.Connection.execute

    def counting(self: Any, *given: Any, **named: Any) -> Any:
        nonlocal sent
        sent += 1
        return execute(self, *given, **named)

    psycopg.Connection.execute = counting  # type: ignore[method-assign]
    try:
        call()
    finally:
        psycopg.Connection.execute = execute  # type: ignore[method-assign]
    return sent


if __name__ == "__main__":
    main()
