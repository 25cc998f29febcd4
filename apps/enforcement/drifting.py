"""What somebody else did to documents of ours, told from what an interrupted pass did; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.connectors.contracts import Document


class Kind(StrEnum):
    """What had happened to a document."""

    ALTERED = "altered"
    GONE = "gone"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Believed:
    """What we believe to stand under a name and, while `pending`, what else may be our doing."""

    name: str
    document: Document | None
    pending: bool = False
    intended: Document | None = None
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A document that stands otherwise than we left it."""

    name: str
    kind: Kind
    expected: Document | None
    found: Document | None
    dataset: str = ""


def drifted(believed: Iterable[Believed], own: Mapping[str, Document]) -> tuple[Drifted, ...]:
    """Every document whose state none of our own doings explains, by name."""
    known = {each.name: each for each in believed}
    found = [
        _drift(name, known.get(name), own.get(name))
        for name in sorted(known.keys() | own.keys())
        if not _explained(known.get(name), own.get(name))
    ]
    return tuple(found)


def _explained(believed: Believed | None, stands: Document | None) -> bool:
    if believed is None:
        return stands is None
    return stands == believed.document or (believed.pending and stands == believed.intended)


def _drift(name: str, believed: Believed | None, stands: Document | None) -> Drifted:
    if believed is None or (believed.document is None and believed.intended is None):
        return Drifted(name, Kind.EXTRA, None, stands)
    expected = believed.intended if believed.pending else believed.document
    kind = Kind.GONE if stands is None else Kind.ALTERED
    return Drifted(name, kind, expected, stands, believed.dataset)
