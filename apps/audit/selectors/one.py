"""One entry with what stands around it: chain, checkpoint, list and request."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.audit.models import Checkpoint, Entry, Seal
from apps.audit.selectors.entries import Search, entries

SAME_REQUEST = 20


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around an entry; what is not there is None or empty."""

    entry: Entry
    chain: Sequence[Seal]
    """The seals before, at and after its place."""
    checkpoint: Checkpoint | None
    """The first checkpoint that covers it."""
    newer: Entry | None
    older: Entry | None
    same_request: Sequence[Entry]


def context(uuid: UUID, search: Search) -> Context | None:
    """The entry with this uuid within what `search` finds around it; None when there is none."""
    entry = entries().filter(uuid=uuid).first()
    if entry is None:
        return None
    around = entries(search)
    return Context(
        entry=entry,
        chain=_chain(entry),
        checkpoint=_checkpoint(entry),
        newer=around.filter(id__gt=entry.pk).order_by("id").first(),
        older=around.filter(id__lt=entry.pk).first(),
        same_request=_same_request(entry),
    )


def _chain(entry: Entry) -> Sequence[Seal]:
    if not hasattr(entry, "seal"):
        return ()
    seq = entry.seal.seq
    return list(Seal.objects.filter(seq__gte=seq - 1, seq__lte=seq + 1).order_by("seq"))


def _checkpoint(entry: Entry) -> Checkpoint | None:
    if not hasattr(entry, "seal"):
        return None
    return Checkpoint.objects.filter(seq__gte=entry.seal.seq).order_by("seq").first()


def _same_request(entry: Entry) -> Sequence[Entry]:
    if not entry.request:
        return ()
    others = entries().filter(request=entry.request).exclude(pk=entry.pk)
    return list(others.order_by("id")[:SAME_REQUEST])
