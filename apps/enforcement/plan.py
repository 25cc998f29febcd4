"""What has to be done so that what stands in a system becomes what is wanted; pure."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.connectors.contracts import Direction, Document

KEPT_WHOLE = 1000
"""So many changes of a plan are kept with their documents; of the others, the fingerprints."""

_LAST = 3
_ORDER = {Direction.TIGHTEN: 0, Direction.BOTH: 1, Direction.LOOSEN: 2}

Directing = Callable[[Document | None, Document | None], Direction]
"""Says what going from one document to another does to access; `Target.direction`."""


class Verb(StrEnum):
    """What is done to a document."""

    CREATE = "create"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """One document to be made, changed or removed, exactly as it will be sent."""

    name: str
    verb: Verb
    direction: Direction
    before: Document | None
    after: Document | None

    def as_json(self, *, whole: bool = True) -> dict[str, Any]:
        """The change as it is stored; not whole: fingerprints in place of the documents."""
        found: dict[str, Any] = {
            "name": self.name,
            "verb": self.verb.value,
            "direction": self.direction.value,
            "before_sha256": digest_of(self.before),
            "after_sha256": digest_of(self.after),
        }
        return {**found, "before": self.before, "after": self.after} if whole else found

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Change":
        """The change as it was stored; without documents where it was not stored whole."""
        return cls(
            name=stored["name"],
            verb=Verb(stored["verb"]),
            direction=Direction(stored["direction"]),
            before=stored.get("before"),
            after=stored.get("after"),
        )

    @classmethod
    def unchanged(cls, name: str, document: Document) -> "Change":
        """A document that stands as it did, shown like a change."""
        return cls(name, Verb.CHANGE, Direction.BOTH, document, document)

    @property
    def before_text(self) -> str:
        """What stood there, for people."""
        return texts_of(self.before, self.after)[0]

    @property
    def after_text(self) -> str:
        """What will stand there, for people."""
        return texts_of(self.before, self.after)[1]


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in the order in which they are made: what tightens goes before what loosens."""

    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.changes)

    @property
    def digest(self) -> str:
        """A fingerprint: equal for two plans that do the same."""
        parts = [change.as_json(whole=False) for change in self.changes]
        return _sha256(parts)

    def as_json(self) -> list[dict[str, Any]]:
        """The plan as it is stored and shown."""
        return [
            change.as_json(whole=position < KEPT_WHOLE)
            for position, change in enumerate(self.changes)
        ]


def plan(
    *,
    desired: Mapping[str, Document],
    own: Mapping[str, Document],
    direction: Directing,
    untouched: Iterable[str] = (),
) -> Plan:
    """The changes that make what is ours out there (`own`) equal to what is desired.

    `untouched` names are left as they are, whatever is desired of them.
    """
    left_alone = frozenset(untouched)
    changes = [
        _change(name, own.get(name), desired.get(name), direction)
        for name in desired.keys() | own.keys()
        if name not in left_alone and own.get(name) != desired.get(name)
    ]
    return Plan(tuple(sorted(changes, key=_turn)))


def _turn(change: Change) -> tuple[int, bool, str]:
    """When a change is made; what several documents share goes after them, and vanishes last."""
    shared = not (change.after or change.before or {}).get("dataset")
    last = shared and change.verb is Verb.REMOVE
    return (_LAST if last else _ORDER[change.direction], shared, change.name)


def _change(
    name: str, before: Document | None, after: Document | None, direction: Directing
) -> Change:
    verb = Verb.CREATE if before is None else Verb.REMOVE if after is None else Verb.CHANGE
    return Change(name, verb, direction(before, after), before, after)


def digest_of(document: Document | None) -> str:
    """SHA-256 of a document's canonical JSON; empty for none."""
    return "" if document is None else _sha256(document)


def digest_of_all(documents: Mapping[str, Document]) -> str:
    """One fingerprint of all these documents under their names; empty for none."""
    return _sha256(documents) if documents else ""


def texts_of(one: Document | None, other: Document | None) -> tuple[str, str]:
    """Two documents in lines, to be compared: the statements that make them where those tell.

    Where the statements are the same and the documents are not, their JSON without them.
    """
    statements = [(document or {}).get("statements") for document in (one, other)]
    if one == other or statements[0] != statements[1]:
        return _lines(one), _lines(other)
    return _json(one), _json(other)


def _lines(document: Document | None) -> str:
    statements = (document or {}).get("statements")
    if isinstance(statements, list):
        return "\n".join(str(statement) for statement in statements)
    return _json(document)


def _json(document: Document | None) -> str:
    if document is None:
        return ""
    shown = {name: part for name, part in document.items() if name != "statements"}
    return json.dumps(shown, indent=2, sort_keys=True, ensure_ascii=False)


def _sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
