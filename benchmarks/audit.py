"""P12: the audit book. One sealer against a chain in every commit; verifying; the API.

`python -m benchmarks.audit [entries] [rounds]`, 20,000 entries by default.

- *Chain*: the peer takes the chain's lock in every writing transaction and commits one row; ours
  seals what writers left, in groups. Both chains are recomputed before anything is timed.
- *Verify*: `seneschal-verify` over an export, against hashing the same lines and nothing else.
- *API*: a request that changes something, with its entry in the book and without.
"""

import contextlib
import hashlib
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

from benchmarks.durable import durable_database
from benchmarks.harness import Arm, Outcome, Promise, finish, measure

DETAIL = {"ticket": "FIN-3127", "purpose": "reconciliation", "columns": ["amount", "date"]}
PEER_ENTRIES, REQUESTS = 1000, 100
VERSIONS = ["django", "djangorestframework", "psycopg", "rfc8785", "cryptography"]
_number = itertools.count(1)


def main() -> None:
    """Measure all three, and exit 1 when a promise was missed."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    django.setup()
    with durable_database(), tempfile.TemporaryDirectory() as folder:
        _keep_outside(Path(folder))
        outcomes = [chain(entries, rounds), verify(rounds), api(rounds)]
    finish(outcomes)


# --- Chain --------------------------------------------------------------------------------------


def chain(entries: int, rounds: int) -> Outcome:
    """One sealer in groups against a chain in every commit."""
    _sql("CREATE TABLE peer (seq bigint PRIMARY KEY, body text, previous text, hash text)")
    assert _chain_per_commit(50) == 50
    assert _peer_holds() == 50
    before = _seal()  # what the migrations wrote
    _write(50)
    assert _seal() == 50
    assert _verified() == before + 50
    return measure(
        "P12 audit, chain",
        [
            Arm("a chain in every commit", lambda: _chain_per_commit(PEER_ENTRIES)),
            Arm("one sealer, in groups", _seal, prepare=lambda: _write(entries)),
        ],
        [
            Promise(
                "one sealer against a chain in every commit",
                "one sealer, in groups",
                "a chain in every commit",
                20,
            )
        ],
        rounds=rounds,
        notes=["every commit reaches the disk; the sealer reads the entries, hashes, inserts"],
        versions=VERSIONS,
    )


def _chain_per_commit(count: int) -> int:
    """What is usually done: lock, read the last hash, insert the next row, commit."""
    from django.db import connection, transaction

    from apps.audit.canonical import canonical
    from apps.audit.chain import GENESIS, digest_of, link

    for _ in range(count):
        body = canonical({"action": "bench.write", "detail": DETAIL, "n": next(_number)})
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(1)")
            cursor.execute("SELECT seq, hash FROM peer ORDER BY seq DESC LIMIT 1")
            seq, previous = cursor.fetchone() or (0, GENESIS)
            found = link(previous=previous, digest=digest_of(body), seq=seq + 1)
            cursor.execute(
                "INSERT INTO peer VALUES (%s, %s, %s, %s)",
                [seq + 1, body.decode(), previous, found],
            )
    return count


def _peer_holds() -> int:
    from apps.audit.chain import GENESIS, digest_of, link

    previous, count = GENESIS, 0
    for seq, body, found in _sql("SELECT seq, body, hash FROM peer ORDER BY seq"):
        previous = link(previous=previous, digest=digest_of(body.encode()), seq=seq)
        assert previous == found
        count += 1
    return count


def _write(count: int) -> None:
    from django.db import transaction

    from apps.audit.services import record
    from apps.core.actors import SystemActor

    actor = SystemActor("bench")
    with transaction.atomic():
        for _ in range(count):
            subject = f"thing:{next(_number)}"
            record(action="bench.write", subject=subject, actor=actor, detail=DETAIL)


def _seal() -> int:
    from django.utils import timezone

    from apps.audit.services import seal
    from apps.core.actors import SystemActor

    return seal(at=timezone.now(), actor=SystemActor("bench"))


def _verified() -> int:
    from django.utils import timezone

    from apps.audit.services import verify as verify_tables
    from apps.core.actors import SystemActor

    found = verify_tables(at=timezone.now(), actor=SystemActor("bench"), whole=True)
    assert found.broken is None, found.reason
    return found.last


# --- Verify -------------------------------------------------------------------------------------


def verify(rounds: int) -> Outcome:
    """`seneschal-verify` and the check of the live tables, against the hash alone."""
    from cli import seneschal_verify

    lines, stated = _export()

    def whole() -> int:
        verdict = seneschal_verify.verify(lines, stated, whole=True)
        return verdict.shown

    def hash_alone() -> int:
        for line in lines:
            hashlib.sha256(line).hexdigest()
        return len(lines)

    assert whole() == len(lines) - 1
    broken = [*lines]
    broken[-9] = broken[-9].replace(b"reconciliation", b"reconciliatiom")
    with contextlib.suppress(seneschal_verify.Broken):
        seneschal_verify.verify(broken, stated, whole=True)
        raise AssertionError("a changed entry was not found")
    return measure(
        "P12 audit, verify",
        [
            Arm("SHA-256 of each line", hash_alone),
            Arm("seneschal-verify", whole),
            Arm("manage.py audit_verify", _verified),
        ],
        [
            Promise(
                "seneschal-verify against the hash alone",
                "seneschal-verify",
                "SHA-256 of each line",
                0.12,
            )
        ],
        rounds=rounds,
        notes=[f"{len(lines) - 1} entries of {len(lines[1])} bytes; one core"],
        versions=VERSIONS,
    )


def _export() -> tuple[list[bytes], list[Any]]:
    from django.utils import timezone

    from apps.audit.selectors import Search
    from apps.audit.services import export
    from apps.audit.signing import storage
    from apps.core.actors import SystemActor
    from cli import seneschal_verify

    stretch = export(search=Search(), at=timezone.now(), actor=SystemActor("bench"))
    where, header = storage(), stretch.header
    key = seneschal_verify.read_key(where.public)
    folder = where.folders[0]
    return list(stretch), list(
        seneschal_verify.read_checkpoints(folder, key, header.first, header.last)
    )


# --- API ----------------------------------------------------------------------------------------


def api(rounds: int) -> Outcome:
    """A request that changes something, with its entry and without."""
    from django.core.cache import cache

    from apps.audit.models import Entry
    from apps.identity.models import Domain
    from tests.people import client_of, person

    client = client_of(person("Adam", "admin"))

    def ask() -> int:
        cache.clear()  # the throttle's count of this user's requests
        for _ in range(REQUESTS):
            key = f"d{next(_number)}"
            sent = {"key": key, "name": key}
            response = client.post("/api/v1/domains", sent, format="json")
            assert response.status_code == 201, response.content
        return REQUESTS

    def without() -> int:
        with _no_book():
            return ask()

    entries, domains = Entry.objects.count(), Domain.objects.count()
    ask()
    assert (Entry.objects.count(), Domain.objects.count()) == (
        entries + REQUESTS,
        domains + REQUESTS,
    )
    without()
    assert (Entry.objects.count(), Domain.objects.count()) == (
        entries + REQUESTS,
        domains + 2 * REQUESTS,
    )
    return measure(
        "P12 audit, API",
        [Arm("with the book", ask), Arm("without the book", without)],
        [
            Promise(
                "a creating request with the book, in time of one without",
                "with the book",
                "without the book",
                1.10,
                ours_per_against=False,
            )
        ],
        rounds=rounds * 3,
        notes=["POST /api/v1/domains, the cheapest request that changes something, in process"],
        versions=VERSIONS,
    )


@contextlib.contextmanager
def _no_book() -> Iterator[None]:
    """Every module that records does not."""
    from apps.audit.services import record

    def nothing(**_: object) -> None:
        """What recording would cost is left out."""

    holders = [
        module for module in list(sys.modules.values()) if vars(module).get("record") is record
    ]
    for module in holders:
        vars(module)["record"] = nothing
    try:
        yield
    finally:
        for module in holders:
            vars(module)["record"] = record


def _keep_outside(folder: Path) -> None:
    from django.conf import settings

    settings.AUDIT_KEY = f"file:{folder / 'keys' / 'audit.pem'}"
    settings.AUDIT_CHECKPOINT_FOLDERS = [folder / "checkpoints", folder / "copies"]


def _sql(statement: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


if __name__ == "__main__":
    main()
