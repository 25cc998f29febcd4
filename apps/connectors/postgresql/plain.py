"""Values brought to one form, so that what two sessions answered can be compared and digested."""

import hashlib
import hmac
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader


def plain(value: Any) -> Any:  # noqa: PLR0911
    """A hashable value, equal for two values that PostgreSQL shows as equal."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value
    if isinstance(value, Decimal):
        return value.normalize() if value.is_finite() else str(value)
    if isinstance(value, str):
        return value.rstrip(" ")
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return value.astimezone(UTC)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, list | dict | tuple | set):
        return repr(value)
    return value


def plain_rows(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows of such values."""
    return [tuple(plain(value) for value in row) for row in rows]


def digest(rows: Iterable[Sequence[Any]], key: bytes) -> str:
    """A keyed fingerprint of rows in whatever order; without the key it says nothing of them."""
    lines = sorted(repr(tuple(row)) for row in rows)
    return hmac.new(key, "\n".join(lines).encode(), hashlib.sha256).hexdigest()[:16]


def tolerant(connection: psycopg.Connection[Any]) -> None:
    """Load a date that Python does not have, `infinity` or of year 20000, as its text."""
    for kind, loader in _TOLERANT.items():
        connection.adapters.register_loader(kind, loader)


class _Date(DateLoader):
    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


class _Timestamp(TimestampLoader):
    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


class _Timestamptz(TimestamptzLoader):
    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


_TOLERANT: dict[str, type[Loader]] = {
    "date": _Date,
    "timestamp": _Timestamp,
    "timestamptz": _Timestamptz,
}
