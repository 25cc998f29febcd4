"""Handing out a stretch of the book that an outsider can verify without us."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet

from apps.audit import segment
from apps.audit.canonical import instant
from apps.audit.chain import GENESIS, digest_of
from apps.audit.models import Checkpoint, Seal
from apps.audit.selectors.chain import PAGE, hash_at
from apps.audit.selectors.entries import Search, entries
from apps.audit.services.checkpoints import checkpoint
from apps.audit.services.recording import record
from apps.core.actors import Actor
from apps.core.errors import Refused

BOOK = "audit:book"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the book: its header and, when iterated, its lines."""

    header: segment.Header
    search: Search
    upto: int
    """The place of the last match; what came later is not handed out."""

    def __iter__(self) -> Iterator[bytes]:
        """The lines, each with its line feed, the header first."""
        yield self.header.line() + b"\n"
        for line in _lines(self):
            yield line + b"\n"


def export(*, search: Search, at: datetime, actor: Actor) -> Segment:
    """Write down who takes what out of the book, sign its end, and return the stretch.

    The stretch reaches from the last checkpoint before the first match to the first one after the
    last, so that both of its ends are signed; what was not asked for is withheld. The entry about
    the export itself is the book's newest, and only in the stretch when it matches.

    Raises Refused when nothing matches.
    """
    count = entries(search).count()
    if not count:
        raise Refused("Nothing in the book matches, so there is nothing to export.")
    with transaction.atomic():
        record(
            action="audit.export_entries",
            subject=BOOK,
            actor=actor,
            detail={"search": search.as_text(), "entries": count},
        )
    checkpoint(at=at, actor=actor)
    found = _matching(search).aggregate(first=Min("seq"), last=Max("seq"), count=Count("seq"))
    first, last = _signed_ends(found["first"], found["last"])
    header = segment.Header(
        first=first,
        last=last,
        previous=hash_at(first - 1) or GENESIS,
        entries=found["count"],
        at=instant(at),
        search=search.as_text(),
    )
    return Segment(header, search, upto=found["last"])


def _matching(search: Search) -> QuerySet[Seal]:
    return Seal.objects.filter(entry__in=entries(search).order_by().values("pk"))


def _signed_ends(first: int, last: int) -> tuple[int, int]:
    """The places between which a stretch is wholly under checkpoints."""
    before = Checkpoint.objects.filter(seq__lt=first).aggregate(found=Max("seq"))["found"]
    after = Checkpoint.objects.filter(seq__gte=last).aggregate(found=Min("seq"))["found"]
    return (before or 0) + 1, after or last


def _lines(stretch: Segment) -> Iterator[bytes]:
    header, seq = stretch.header, stretch.header.first - 1
    seals = Seal.objects.filter(seq__lte=header.last).order_by("seq")
    while seq < header.last:
        page = seals.filter(seq__gt=seq).values_list("seq", "hash", "entry__body")[:PAGE]
        rows = list(page)
        if not rows:
            return
        asked = _asked_for(stretch, rows[0][0], rows[-1][0])
        for seq, found, body in rows:
            if seq in asked:
                yield segment.shown(body, found, seq)
            else:
                yield segment.withheld(digest_of(body.encode()), found, seq)


def _asked_for(stretch: Segment, first: int, last: int) -> Container[int]:
    """The places from `first` to `last` that match."""
    last = min(last, stretch.upto)
    if stretch.search.everything:
        return range(first, last + 1)
    within = _matching(stretch.search).filter(seq__gte=first, seq__lte=last)
    return frozenset(within.values_list("seq", flat=True))
