"""Reading a stretch of the chain as it stands in the tables, up to the first place that fails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.audit.chain import digest_of, link
from apps.audit.places import Place


@dataclass(frozen=True, slots=True)
class Row:
    """A seal with the entry that it points at; `body` is None when there is no such entry."""

    seq: int
    previous: str
    hash: str
    at: datetime | None
    body: str | None
    agrees: bool
    """Whether the columns that are searched say what `body` says."""


@dataclass(frozen=True, slots=True)
class Break:
    """The first place that does not hold, and what is wrong with it."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found: how far the chain holds, and where it breaks, if it does."""

    reached: Place
    upto: datetime | None
    broken: Break | None = None


def read_chain(rows: Iterable[Row], *, after: Place, stated: Mapping[int, str]) -> Reading:
    """Check each row against the one before it and against what checkpoints state.

    `rows` come in the order of places; `stated` maps places to the hashes that were signed.
    """
    reached, upto, sure = after, None, after.seq
    for row in rows:
        broken = _fault(row, reached) or _contradiction(row, stated, sure)
        if broken:
            return Reading(reached, upto, broken)
        reached, upto = Place(row.seq, row.hash), row.at
        sure = row.seq if row.seq in stated else sure
    return Reading(reached, upto, _beyond(reached, stated))


def _fault(row: Row, before: Place) -> Break | None:
    seq = before.seq + 1
    if row.seq != seq:
        return Break(seq, f"The seal #{seq} is missing: the next one is #{row.seq}.")
    if row.body is None:
        return Break(seq, f"The entry of #{seq} is gone.")
    if row.previous != before.hash:
        return Break(seq, f"#{seq} does not follow #{before.seq}: it names another hash.")
    expected = link(previous=before.hash, digest=digest_of(row.body.encode()), seq=seq)
    if row.hash != expected:
        return Break(seq, f"#{seq} was changed: its hash is not that of its content.")
    if not row.agrees:
        return Break(seq, f"#{seq} was changed: its columns do not say what its content says.")
    return None


def _contradiction(row: Row, stated: Mapping[int, str], sure: int) -> Break | None:
    """A chain that holds in itself and is not the one that was signed."""
    if stated.get(row.seq, row.hash) == row.hash:
        return None
    return Break(
        sure + 1,
        f"The chain was rewritten, from #{sure + 1} on or later: the checkpoint at #{row.seq} "
        "states another hash.",
    )


def _beyond(reached: Place, stated: Mapping[int, str]) -> Break | None:
    """A checkpoint about a place that is not there any more."""
    lost = [seq for seq in stated if seq > reached.seq]
    if not lost:
        return None
    return Break(
        reached.seq + 1,
        f"The end is missing: a checkpoint states {max(lost)} entries, {reached.seq} are left.",
    )
