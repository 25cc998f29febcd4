"""The one way in which something is written into the book: canonical JSON (RFC 8785)."""

import math
from collections.abc import Mapping, Set
from datetime import UTC, date, datetime
from enum import Enum
from typing import TypeAlias

import rfc8785

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

LARGEST = 2**53 - 1
"""The largest whole number that every reader of JSON understands exactly."""


def canonical(document: Mapping[str, object]) -> bytes:
    """The bytes of `document`; two documents with the same meaning have the same bytes.

    Whatever JSON cannot say is written as text (instants in UTC, identifiers, decimals, whole
    numbers beyond 2^53, NaN), so that an entry is never lost for want of a type.
    """
    return rfc8785.dumps(_plain(document))


def instant(at: datetime) -> str:
    """`at` in UTC with microseconds: the only form in which the book writes an instant.

    Raises ValueError for a time without a zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {at!r}")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(value: object) -> Json:  # noqa: PLR0911 - one line for each type
    match value:
        case Enum():
            return _plain(value.value)
        case None | bool():
            return value
        case str():
            return _text(value)
        case int():
            return int(value) if -LARGEST <= value <= LARGEST else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping():
            return {_text(str(_plain(key))): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Set():
            return sorted((_plain(item) for item in value), key=repr)
        case datetime():
            return instant(value) if value.tzinfo else value.isoformat()
        case date():
            return value.isoformat()
        case _:
            return _text(str(value))


def _text(value: str) -> str:
    """`value` without what PostgreSQL and UTF-8 cannot hold: NUL and lone surrogates."""
    clean = str(value).replace("\x00", "\ufffd")
    return clean.encode("utf-8", "replace").decode("utf-8")
