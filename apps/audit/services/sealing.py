"""The one sealer: gives each entry its place in the chain, some time after it was written.

Writers commit in any order and never wait for one another, so the sealer asks for the entries that
have no seal. To ask only about new ones it remembers a *horizon* with each seal: every transaction
that began before it had ended, and what those wrote is sealed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from apps.audit.chain import GENESIS, digest_of, link
from apps.core.actors import Actor

BATCH = 5000
LOCK = 0x5EA1_0001
"""Held by whoever seals; two chains from one end can never be."""

_LAST = "SELECT seq, hash, horizon::text FROM audit_seal ORDER BY seq DESC LIMIT 1"
_SNAPSHOT = (
    "SELECT pg_snapshot_xmin(now)::text, pg_snapshot_xmax(now)::text "
    "FROM pg_current_snapshot() AS now"
)
_UNSEALED = """
SELECT e.id, e.at, e.body FROM audit_entry AS e
WHERE e.xact >= %s::xid8 AND NOT EXISTS (SELECT FROM audit_seal AS s WHERE s.entry_id = e.id)
ORDER BY e.id LIMIT %s
"""
_COPY = "COPY audit_seal (seq, entry_id, entry_at, previous, hash, horizon, sealed_at) FROM STDIN"


@dataclass(frozen=True, slots=True)
class _End:
    """The end of the chain, and from which transaction on entries may lack a seal."""

    seq: int
    hash: str
    horizon: int


def seal(*, at: datetime, actor: Actor, everything: bool = False) -> int:
    """Seal what is not sealed, in the order of ids; return how many entries that were.

    With `everything` the horizon is not believed and all entries are looked at. What `actor` asks
    for is not written into the book: sealing an entry about sealing would never end.
    """
    total = 0
    while True:
        sealed = _seal_batch(at, everything)
        total += sealed
        if sealed < BATCH:
            return total


def _seal_batch(at: datetime, everything: bool) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(_SNAPSHOT)
        oldest, newest = (int(value) for value in cursor.fetchone())
        end = _end(cursor.execute(_LAST).fetchone())
        # A horizon from the future is another cluster's: the book was restored from a backup.
        since = 0 if everything or end.horizon > newest else end.horizon
        cursor.execute(_UNSEALED, [str(since), BATCH])
        entries = cursor.fetchall()
        horizon = oldest if len(entries) < BATCH else end.horizon
        with cursor.copy(_COPY) as copy:
            for row in _seals(end, entries, horizon, at):
                copy.write_row(row)
    return len(entries)


def _end(row: tuple[int, str, str] | None) -> _End:
    return _End(row[0], row[1], int(row[2])) if row else _End(0, GENESIS, 0)


def _seals(
    end: _End, entries: Iterable[tuple[int, datetime, str]], horizon: int, at: datetime
) -> Iterable[tuple[object, ...]]:
    seq, previous = end.seq, end.hash
    for entry_id, entry_at, body in entries:
        seq += 1
        found = link(previous=previous, digest=digest_of(body.encode()), seq=seq)
        yield seq, entry_id, entry_at, previous, found, str(horizon), at
        previous = found
