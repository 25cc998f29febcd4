"""Keeping the last calls to a system: a ring of rows, the same call again counted on the last."""

from collections.abc import Sequence

from django.db import transaction

from apps.catalog.models import System
from apps.enforcement.models import Call
from apps.enforcement.recording import Noted


@transaction.atomic
def note_calls(*, system: System, calls: Sequence[Noted]) -> None:
    """Write these calls over the oldest ones; they decide nothing, so the book is left out."""
    if not calls:
        return
    last = Call.objects.filter(system=system).order_by("-number").first()
    if last is not None and len(calls) == 1 and _alike(last, calls[0]):
        last.at, last.ms, last.times = calls[0].at, calls[0].ms, last.times + 1
        last.save(update_fields=["at", "ms", "times"])
        return
    first = 1 + (last.number if last is not None else 0)
    Call.objects.bulk_create(
        [_row(system, first + position, call) for position, call in enumerate(calls)],
        update_conflicts=True,
        unique_fields=["system", "slot"],
        update_fields=["number", "verb", "about", "at", "ms", "ok", "error", "times"],
    )


def _alike(last: Call, call: Noted) -> bool:
    return (last.verb, last.about, last.error) == (call.verb, call.about, call.error)


def _row(system: System, number: int, call: Noted) -> Call:
    return Call(
        system=system,
        slot=number % Call.KEPT,
        number=number,
        verb=call.verb,
        about=call.about[:300],
        at=call.at,
        ms=call.ms,
        ok=not call.error,
        error=call.error,
    )
