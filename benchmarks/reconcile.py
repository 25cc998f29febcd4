"""P10: a pass over a drifted PostgreSQL against writing every document again.

`python -m benchmarks.reconcile [tables …] [--rounds N] [--pushed N]`; 300, 3,000 and 10,000 tables
when none are named, 1 % of them changed by hand before each arm. Both arms go through the same
connector to the same live server. Both end with the documents as decided, which is compared before
anything is timed. One table in ten is governed by a view with a mask, the others by row security.
"""

import argparse
import os
import random
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

from benchmarks.harness import Arm, Outcome, Promise, finish, measure, report
from benchmarks.places import PASSWORD, database, servers, statements

SIZES = (300, 3_000, 10_000)
PEOPLE, DRIFTED, MASKED_EACH = 20, 0.01, 10


def main() -> None:
    """Build the estates, measure, and exit 1 when a promise was missed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("tables", nargs="*", type=int, default=list(SIZES))
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument(
        "--laid", action="store_true", help="lay the documents out in bulk; no first pass is timed"
    )
    asked.add_argument("--pushed", type=int, default=1_000, help="documents the re-push writes")
    given = asked.parse_args()
    django.setup()
    from tests.servers import fresh_database

    with servers() as (control, warehouse):
        outcomes = []
        for tables in given.tables:
            with database(control), fresh_database(warehouse) as db:
                outcomes.append(run(db, tables, given.rounds, given.pushed, laid=given.laid))
    finish(outcomes)


def run(db: Any, tables: int, rounds: int, pushed: int, *, laid: bool) -> Outcome:
    """Measure on this warehouse: first while little of it is there, then whole."""
    from apps.catalog import connections

    few = max(tables // 100, PEOPLE)
    system = _grow(db, None, 0, few)
    _reconcile(system)
    few_read, few_written = _sent(db, system)
    _grow(db, system, few, tables)
    if laid:
        _lay_out(db, system)
    before, began = os.getloadavg()[0], time.perf_counter()
    spent = time.process_time()
    _reconcile(system)
    first, spent = time.perf_counter() - began, time.process_time() - spent
    made = 0 if laid else tables - few
    print(f"first pass: {made} documents made in {first:.1f} s", flush=True)
    _take_as_proven(system)
    many_read, many_written = _sent(db, system)
    target = connections.target(system)
    wanted = target.read().own
    assert len(wanted) == tables + 1, "a document for each table, and one that the views share"
    drifted = max(int(tables * DRIFTED), 1)

    def ours() -> int:
        sync = _reconcile(system)
        assert sync.writes == drifted, f"{sync.writes} writes for {drifted} drifted"
        return tables

    def again() -> int:
        names = random.Random(7).sample(sorted(wanted), min(pushed, len(wanted)))
        with target.session():
            for name in names:
                target.write(name, wanted[name])
        return len(names)

    _drift(db, drifted)
    ours()
    assert connections.target(system).read().own == wanted
    _drift(db, drifted)
    with target.session():
        for name in _drifting(drifted):
            target.write(name, wanted[name])
    assert connections.target(system).read().own == wanted
    outcome = measure(
        f"P10 reconcile, {tables} tables",
        [
            Arm("one pass", ours, prepare=lambda: _drift(db, drifted)),
            Arm("every document again", again, prepare=lambda: _drift(db, drifted)),
        ],
        [
            Promise(
                "a pass against writing everything again", "one pass", "every document again", 40
            )
        ],
        rounds=rounds,
        versions=["django", "psycopg"],
        notes=[
            f"{tables} tables, {drifted} changed by hand, one in {MASKED_EACH} behind a view",
            "a pass renders, reads twice, writes, asks as each person concerned, keeps evidence",
            f"the re-push writes {min(pushed, tables)} documents, in one session, and no more",
        ],
    )
    _drift(db, drifted)
    _reconcile(system)
    began = time.perf_counter()
    idle = _reconcile(system)
    quiet = time.perf_counter() - began
    report(
        f"P10 reconcile, {tables} tables, what it reads and writes",
        [
            _same(f"statements to read {few} and {tables} documents", few_read, many_read),
            _same(f"statements of a write among {few} and {tables}", few_written, many_written),
            (f"writes for {drifted} drifted", str(drifted), str(drifted), True),
            ("writes of a pass without work", "0", str(idle.writes), idle.writes == 0),
            ("seconds of a pass without work", "as measured", f"{quiet:.2f}", True),
            (f"seconds of a first pass, {made} made", "as measured", f"{first:.1f}", True),
            ("of those, our own CPU's", "as measured", f"{spent:.1f}", True),
            ("load before making them", "as measured", f"{before:.1f}", True),
        ],
    )
    return outcome


def _same(what: str, one: int, other: int) -> tuple[str, str, str, bool]:
    return what, "the same", f"{one} and {other}", one == other


def _sent(db: Any, system: Any) -> tuple[int, int]:
    """The statements of a read, and of a write that puts one table right."""
    from apps.catalog import connections

    target = connections.target(system)
    documents: dict[str, Any] = {}
    with target.session():
        target.read()
        reading = statements(lambda: documents.update(target.read().own))
        name = next(_drifting(1))
        target.write(name, documents[name])
        _drift(db, 1)
        return reading, statements(lambda: target.write(name, documents[name]))


def _drifting(number: int) -> Iterator[str]:
    """The tables that are changed by hand: the first of those under row security."""
    under_row_security = (n for n in range(10 * number + 10) if (n + 1) % MASKED_EACH)
    return (f"sales.t{n:05}" for n in islice(under_row_security, number))


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


def _grow(db: Any, system: Any, start: int, stop: int) -> Any:
    """Build these tables, scan them, and have a grant declared for each."""
    _build(db, start, stop)
    system = system or _connect(db)
    _scan(system)
    _declare(system, start, stop)
    return system


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
    new = Field.objects.filter(dataset__system=system, taggings=None)
    Tagging.objects.bulk_create(
        [
            Tagging(field=field, tag=tag, state="confirmed", decided_at=timezone.now())
            for field in new
        ],
        batch_size=5000,
    )
    system.refresh_from_db()


def _declare(system: Any, start: int, stop: int) -> None:
    """Rows as `declare` leaves them, made at once: declaring is not what is measured."""
    from apps.enforcement.models import Declaration, Enforcement
    from apps.semantics import codec

    Declaration.objects.bulk_create(
        [
            Declaration(
                owner=f"grant:G-{number}",
                system=system,
                rules=[codec.encode_rule(_rule(number))],
                generation=number + 1,
            )
            for number in range(start, stop)
        ],
        batch_size=1000,
    )
    Enforcement.objects.update_or_create(system=system, defaults={"generation": stop})


def _rule(number: int) -> Any:
    from apps.semantics.filters import Compare, Operator
    from apps.semantics.masks import REDACT
    from apps.semantics.rules import Effect, Rule

    return Rule(
        key=f"grant:G-{number}",
        origin=f"grant:G-{number}",
        effect=Effect.GRANT,
        dataset=f"sales.t{number:05}",
        principals=frozenset({f"person{number % PEOPLE}"}),
        filter=Compare("region", Operator.EQ, "EU"),
        masks=() if (number + 1) % MASKED_EACH else (("email", REDACT),),
    )


def _lay_out(db: Any, system: Any) -> None:
    """Every document by its own statements, many in a transaction, and kept as if a pass had."""
    from django.utils import timezone

    from apps.catalog import connections
    from apps.connectors.postgresql import names
    from apps.enforcement.models import AppliedDocument
    from apps.enforcement.plan import digest_of
    from apps.enforcement.selectors import look

    target = connections.target(system)
    sight = look(system, target, at=timezone.now())
    new = {change.name: change.after for change in sight.plan.changes if change.after}
    if shared := new.get(names.DATABASE):
        target.write(names.DATABASE, shared)
    documents = [document for name, document in new.items() if name != names.DATABASE]
    with db.connect() as admin:
        for start in range(0, len(documents), 200):
            made = (each for d in documents[start : start + 200] for each in _statements_of(d))
            admin.execute(";".join(["BEGIN", *made, "COMMIT"]))
    AppliedDocument.objects.bulk_create(
        [
            AppliedDocument(
                system=system,
                name=name,
                dataset=document.get("dataset", ""),
                document=document,
                digest=digest_of(document),
                applied_at=timezone.now(),
            )
            for name, document in new.items()
        ],
        batch_size=1000,
    )


def _statements_of(document: Any) -> Iterator[str]:
    from apps.connectors.postgresql import statements as making
    from apps.connectors.postgresql.names import OWNER
    from apps.connectors.postgresql.sql import text_of

    yield from (text_of(each) for each in making.roles(document))
    for role in making.role_names(document):
        yield text_of(making.mark_role(role, document["dataset"]))
    for role, members in making.members_of(document).items():
        yield from (text_of(making.add_member(role, each, options=True)) for each in members)
    if "view" not in document:
        yield from (text_of(each) for each in making.row_rights(document))
        yield from (text_of(each) for each in making.row_policies(document, passing=True))
        return
    yield from (text_of(each) for each in making.reading(document))
    yield f"SET LOCAL ROLE {OWNER}"
    yield from (text_of(each) for each in making.view(document))
    yield from (text_of(each) for each in making.view_rights(document))
    yield "RESET ROLE"


def _take_as_proven(system: Any) -> None:
    """A pass asks 500 questions at most; the rest gets proofs as the next passes would leave."""
    from django.utils import timezone

    from apps.enforcement.models import Declaration, Enforcement, Proof

    state = Enforcement.objects.get(system=system)
    known = Proof.objects.filter(system=system)
    assert not known.filter(agrees=False).exists(), "the live system answers otherwise"
    evidence, proven = known[0].evidence, set(known.values_list("owner", flat=True))
    Proof.objects.bulk_create(
        [
            Proof(
                owner=each.owner,
                system=system,
                dataset_name=each.rules[0]["dataset"],
                principal=each.rules[0]["principals"][0],
                generation=state.generation,
                agrees=True,
                allowed=True,
                checks=[],
                first_asked_at=timezone.now(),
                asked_at=timezone.now(),
                evidence=evidence,
            )
            for each in Declaration.objects.filter(system=system).exclude(owner__in=proven)
        ],
        batch_size=1000,
    )


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
        for name in _drifting(number):
            admin.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")


if __name__ == "__main__":
    main()
