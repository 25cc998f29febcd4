"""The chain as it stands: its rows in order, and how far it is sealed, verified and signed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F

from apps.audit.models import Checkpoint, Seal, Verification
from apps.audit.reading import Row

PAGE = 5000

_ROWS = """
SELECT s.seq, s.previous, s.hash, e.at, e.body,
       e.actor = said ->> 'actor' AND e.action = said ->> 'action'
       AND e.subject = said ->> 'subject' AND e.uuid = (said ->> 'uuid')::uuid
       AND e.request IS NOT DISTINCT FROM said ->> 'request'
       AND e.at = (said ->> 'at')::timestamptz
FROM audit_seal AS s
LEFT JOIN audit_entry AS e ON e.id = s.entry_id AND e.at = s.entry_at
LEFT JOIN LATERAL (SELECT e.body::jsonb AS said) AS parsed ON true
WHERE s.seq > %s ORDER BY s.seq LIMIT %s
"""
_UNSEALED = """
SELECT count(*) FROM audit_entry AS e
WHERE e.xact >= coalesce((SELECT horizon FROM audit_seal ORDER BY seq DESC LIMIT 1), '0'::xid8)
  AND NOT EXISTS (SELECT FROM audit_seal AS s WHERE s.entry_id = e.id)
"""


@dataclass(frozen=True, slots=True)
class BookState:
    """How far the book is sealed, verified and signed; `broken` names the first bad place."""

    sealed: int
    sealed_at: datetime | None
    """When the last sealed entry was written."""
    unsealed: int
    verified: int
    verified_upto: datetime | None
    """When the last verified entry was written."""
    verified_at: datetime | None
    """When it was last found to hold."""
    checkpoint: Checkpoint | None
    broken: int | None
    reason: str

    @property
    def total(self) -> int:
        """How many entries there are."""
        return self.sealed + self.unsealed

    @property
    def intact(self) -> bool:
        """Whether nothing broken is known."""
        return self.broken is None


def rows_after(seq: int) -> Iterator[Row]:
    """The seals after place `seq` with their entries, in order."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_ROWS, [seq, PAGE])
            page = cursor.fetchall()
        for place, previous, found, at, body, agrees in page:
            yield Row(place, previous, found, at, body, bool(agrees))
        if len(page) < PAGE:
            return
        seq = page[-1][0]


def hash_at(seq: int) -> str | None:
    """The hash of the seal at place `seq`; None when there is none."""
    return Seal.objects.filter(seq=seq).values_list("hash", flat=True).first()


def unsealed() -> int:
    """How many entries have no place in the chain yet."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED)
        return int(cursor.fetchone()[0])


def verify_state() -> BookState:
    """How far the book is sealed, verified and signed, from what was last written about it."""
    end = Seal.objects.order_by("-seq").first()
    held = _last_that_held()
    broken = known_break()
    return BookState(
        sealed=end.seq if end else 0,
        sealed_at=end.entry_at if end else None,
        unsealed=unsealed(),
        verified=held.last if held else 0,
        verified_upto=held.upto if held else None,
        verified_at=held.at if held else None,
        checkpoint=Checkpoint.objects.order_by("-seq").first(),
        broken=broken.broken if broken else None,
        reason=broken.reason if broken else "",
    )


def _last_that_held() -> Verification | None:
    """The verification that reached furthest, of those after which nothing broken was found."""
    held = Verification.objects.filter(broken__isnull=True)
    return held.order_by("-last", "-id").first()


def known_break() -> Verification | None:
    """The last bad place found that no later verification read through and found good."""
    found = Verification.objects.filter(broken__isnull=False).order_by("-id").first()
    if found is None:
        return None
    later = Verification.objects.filter(
        id__gt=found.id, broken__isnull=True, first__lte=found.broken, last__gte=F("first")
    )
    return None if later.exists() else found
