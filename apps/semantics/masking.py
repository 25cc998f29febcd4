"""What each mask does to a value, byte for byte as every system has to render it.

In PostgreSQL's words, for a value `v` (NULL in, NULL out, for every function):

null     NULL, of the column's type.
redact   '***'.
partial  CASE WHEN char_length(v) <= first + last THEN '***'
         ELSE left(v, first) || '***' || right(v, last) END.
         A short value is hidden whole, or the mask would show all of it.
year     date:                     date_trunc('year', v::timestamp)::date
         timestamp:                date_trunc('year', v)
         timestamp with time zone: date_trunc('year', v, 'UTC'), whatever the session's zone.
bucket   With f = floor(v::numeric): f - mod(mod(f, size) + size, size), that is exact and rounds
         down below zero as well. For smallint, integer and bigint the result is raised to the
         type's least value where it would fall below it, and cast back: no value makes it fail.
         CASE WHEN v IS NOT NULL THEN greatest(…, least)::type END, as greatest() passes over NULL.
         For numeric it is numeric without precision.
hash     The whole HMAC in lower-case hex: 64 characters.
token    The first 32 characters (128 bits) of the HMAC in lower-case hex.

The HMAC is HMAC-SHA256 (RFC 2104) under the system's mask key over the message

    hash     b"hash"  NUL dataset NUL column NUL text
    token    b"token" NUL domain NUL text

where NUL is one zero byte, `dataset` is `schema.table` and `column` the plain names, `domain` is
the mask's, and `text` is PostgreSQL's text output of the value (`v::text`), all in UTF-8. No part
can contain a zero byte, so two different messages never have the same bytes. A mask's result that
is text has the type `text`: the column's length limit does not cut it.
"""

import hashlib
import hmac
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from apps.semantics.masks import Mask, MaskFunction

TOKEN_LENGTH = 32

_TEXTS = frozenset({"text", "character varying", "character", "name", "citext"})
_LEAST = {"smallint": -(2**15), "integer": -(2**31), "bigint": -(2**63)}
_TIMES = frozenset({"date", "timestamp without time zone", "timestamp with time zone"})
_ALIASES = {
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "decimal": "numeric",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
}
_FITTING = {
    MaskFunction.REDACT: _TEXTS,
    MaskFunction.PARTIAL: _TEXTS,
    MaskFunction.HASH: _TEXTS | {*_LEAST, "uuid"},
    MaskFunction.TOKEN: _TEXTS | {*_LEAST, "uuid"},
    MaskFunction.YEAR: _TIMES,
    MaskFunction.BUCKET: frozenset({*_LEAST, "numeric"}),
}


def base_type(type: str) -> str:
    """A type without length or precision, by its full name: `varchar(50)` is character varying."""
    bare = re.sub(r"\s*\([^)]*\)", "", type.strip().lower())
    return _ALIASES.get(bare, bare)


def misfit(mask: Mask, type: str) -> str:
    """Why the mask cannot be put on a column of this type, as a sentence; empty when it can."""
    fitting = _FITTING.get(mask.function)
    if fitting is None or base_type(type) in fitting:
        return ""
    return (
        f"The mask {mask.function} is for {', '.join(sorted(fitting))}, and the column is {type}."
    )


def shown_type(mask: Mask, type: str) -> str:
    """The type of the masked column: text masks give text, bucket on numeric has no precision."""
    if mask.function in (MaskFunction.NONE, MaskFunction.NULL):
        return type
    if mask.function in (MaskFunction.YEAR, MaskFunction.BUCKET):
        return base_type(type)
    return "text"


def apply_mask(
    mask: Mask, value: Any, *, type: str, key: bytes = b"", dataset: str = "", column: str = ""
) -> Any:
    """What is seen instead of the value of a column of this type.

    `key` is the system's mask key, `dataset` and `column` where the value stands; hash and token
    need them. Raises ValueError when the mask does not fit the type, or the key is missing.
    """
    if reason := misfit(mask, type):
        raise ValueError(reason)
    if value is None or mask.function is MaskFunction.NULL:
        return None
    if mask.function is MaskFunction.NONE:
        return value
    if mask.function in (MaskFunction.HASH, MaskFunction.TOKEN):
        return keyed(mask, as_text(value, type), key=key, dataset=dataset, column=column)
    return _PLAIN[mask.function](mask, value, type)


def keyed(mask: Mask, text: str, *, key: bytes, dataset: str, column: str) -> str:
    """The hash or token of a text. Raises ValueError without a key, dataset or column."""
    if not key:
        raise ValueError("a keyed mask needs the system's mask key")
    if mask.function is MaskFunction.TOKEN:
        return _hmac(key, "token", mask.domain, text)[:TOKEN_LENGTH]
    if not dataset or not column:
        raise ValueError("a hash is separated by dataset and column")
    return _hmac(key, "hash", dataset, column, text)


def message(*parts: str) -> bytes:
    """The bytes that are hashed: the parts in UTF-8, a zero byte between them."""
    return b"\0".join(part.encode() for part in parts)


def _hmac(key: bytes, *parts: str) -> str:
    return hmac.new(key, message(*parts), hashlib.sha256).hexdigest()


def as_text(value: Any, type: str) -> str:
    """PostgreSQL's text output of a value: of `character(n)` without the trailing blanks."""
    text = str(value)
    return text.rstrip(" ") if base_type(type) == "character" else text


def _redacted(mask: Mask, value: Any, type: str) -> str:
    return "***"


def _partial(mask: Mask, value: Any, type: str) -> str:
    text = as_text(value, type)
    if len(text) <= mask.first + mask.last:
        return "***"
    return f"{text[: mask.first]}***{text[len(text) - mask.last :]}"


def _year(mask: Mask, value: Any, type: str) -> date:
    if isinstance(value, datetime):
        at = value if value.utcoffset() is None else value.astimezone(UTC)
        return at.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    assert isinstance(value, date)
    return value.replace(month=1, day=1)


def _bucket(mask: Mask, value: Any, type: str) -> int | Decimal:
    least = _LEAST.get(base_type(type))
    if least is not None:
        return max(int(value) // mask.size * mask.size, least)
    number = Decimal(value)
    if not math.isfinite(number):
        return Decimal("NaN")
    whole = int(number.to_integral_value(ROUND_FLOOR, Context(prec=200_000)))
    return Decimal(whole // mask.size * mask.size)


_PLAIN: dict[MaskFunction, Callable[[Mask, Any, str], Any]] = {
    MaskFunction.REDACT: _redacted,
    MaskFunction.PARTIAL: _partial,
    MaskFunction.YEAR: _year,
    MaskFunction.BUCKET: _bucket,
}
