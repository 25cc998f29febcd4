"""Verifying what stands in the tables, and signing it when it holds."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction

from apps.audit import places
from apps.audit.canonical import instant
from apps.audit.chain import GENESIS
from apps.audit.events import BROKEN
from apps.audit.models import Checkpoint, Verification
from apps.audit.places import Place, Statement
from apps.audit.reading import Break, Reading, read_chain
from apps.audit.selectors.chain import hash_at, rows_after
from apps.audit.services.sealing import seal
from apps.audit.signing import Storage, public_pem, signing_key, storage
from apps.core.actors import Actor
from apps.core.errors import Unavailable
from apps.core.events import announce

START = Place(0, GENESIS)
LOCK = 0x5EA1_0002
"""Held by whoever signs."""


def verify(*, at: datetime, actor: Actor, whole: bool = False) -> Verification:
    """Read the chain from the last checkpoint, or with `whole` from the start; keep the outcome.

    The files outside are what the tables are compared with, never the other way round. An
    unchanged outcome is not written again. Raises Unavailable when the key cannot be read.
    """
    where = storage()
    key = signing_key(where, may_make=not Checkpoint.objects.exists()).public_key()
    return _verify(at, whole, where, key)[0]


def checkpoint(*, at: datetime, actor: Actor) -> Checkpoint | None:
    """Seal, verify what came since the last checkpoint, and sign the new end of the chain.

    Returns None when there is nothing new, or when the chain does not hold: what is broken is
    never signed. Called outside of a transaction, because what is signed must have been committed
    before. Raises Unavailable when the key cannot be read or a folder not be written.
    """
    seal(at=at, actor=actor)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        return _sign_the_end(at)


def _sign_the_end(at: datetime) -> Checkpoint | None:
    where = storage()
    last = Checkpoint.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    key = signing_key(where, may_make=not last)
    found, reading = _verify(at, False, where, key.public_key())
    if found.broken or reading.reached.seq <= last:
        return None
    statement = places.state(reading.reached, at=instant(at), key=key)
    _publish(statement, where, key.public_key())
    return Checkpoint.objects.create(
        seq=statement.seq,
        hash=statement.hash,
        count=statement.count,
        at=at,
        key=statement.key,
        signature=statement.signature,
    )


def _verify(
    at: datetime, whole: bool, where: Storage, key: Ed25519PublicKey
) -> tuple[Verification, Reading]:
    try:
        after, reading = (None, None) if whole else _read_on(where, key)
        if after is None or reading is None:
            after, reading = START, _read_all(where, key)
    except ValueError as error:
        after, reading = START, Reading(START, None, Break(1, str(error)))
    return _keep(reading, after, at), reading


def _read_on(where: Storage, key: Ed25519PublicKey) -> tuple[Place | None, Reading | None]:
    """Read what came after the newest checkpoint; nothing when the chain is not at that place."""
    newest = places.newest(_signed(where, key, places.last))
    _refuse_lost_files(newest)
    if newest is None or hash_at(newest.seq) != newest.hash:
        return None, None
    return newest.place, read_chain(rows_after(newest.seq), after=newest.place, stated={})


def _read_all(where: Storage, key: Ed25519PublicKey) -> Reading:
    """Read the whole chain and compare it with every checkpoint."""
    _refuse_lost_files(places.newest(_signed(where, key, places.last)))
    stated: dict[int, str] = {}
    for statement in _signed(where, key, places.read):
        if stated.setdefault(statement.seq, statement.hash) != statement.hash:
            raise ValueError(f"Two checkpoints at #{statement.seq} state different hashes.")
    return read_chain(rows_after(0), after=START, stated=stated)


def _refuse_lost_files(newest: Statement | None) -> None:
    """Raise ValueError when something was signed of which no folder has the file any more."""
    signed = Checkpoint.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    if signed > (newest.seq if newest else 0):
        raise ValueError(f"No folder has the checkpoint at #{signed} any more.")


def _signed(
    where: Storage, key: Ed25519PublicKey, source: Callable[[Path], Iterable[Statement]]
) -> Iterator[Statement]:
    """What the files in all folders state; raises ValueError when one was not signed by us."""
    for folder in where.folders:
        for statement in source(folder):
            if not places.holds(statement, key):
                raise ValueError(f"The checkpoint at #{statement.seq} does not bear our signature.")
            yield statement


def _keep(reading: Reading, after: Place, at: datetime) -> Verification:
    """Write the outcome, unless it is that of the last time again."""
    broken, reason = (reading.broken.seq, reading.broken.reason) if reading.broken else (None, "")
    found = Verification(
        at=at,
        first=after.seq + 1,
        last=reading.reached.seq,
        upto=reading.upto,
        broken=broken,
        reason=reason,
    )
    last = Verification.objects.order_by("-id").first()
    same = ("first", "last", "broken", "reason")
    if last and all(getattr(last, name) == getattr(found, name) for name in same):
        return last
    if broken is None and found.last < found.first:
        return found  # nothing was there to be read
    with transaction.atomic():
        found.save()
        if broken is not None:
            announce(BROKEN, str(broken))
    return found


def _publish(statement: Statement, where: Storage, key: Ed25519PublicKey) -> None:
    for folder in where.folders:
        try:
            places.write(statement, folder)
            public = folder / f"key-{statement.key}.pem"
            if not public.exists():
                public.write_bytes(public_pem(key))
        except OSError as error:
            raise Unavailable(
                f"A checkpoint could not be written to {folder}: {error.strerror}."
            ) from None
