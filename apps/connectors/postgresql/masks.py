"""Masks as SQL, of core functions alone; no value makes one of them fail."""

from dataclasses import dataclass

from psycopg import sql
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.postgresql import names
from apps.connectors.postgresql.types import written
from apps.semantics.masking import TOKEN_LENGTH, base_type, message
from apps.semantics.masks import Mask, MaskFunction

KEYED = (MaskFunction.HASH, MaskFunction.TOKEN)

_LEAST = {"smallint": -(2**15), "integer": -(2**31), "bigint": -(2**63)}
_YEARS = {
    "date": ("date_trunc('year', {}::timestamp)::date", "'0001-01-01'::date", "'9999-12-31'::date"),
    "timestamp without time zone": (
        "date_trunc('year', {})",
        "'0001-01-01'::timestamp",
        "'9999-12-31 23:59:59.999999'::timestamp",
    ),
    "timestamp with time zone": (
        "date_trunc('year', {}, 'UTC')",
        "'0001-01-01 00:00:00+00'::timestamptz",
        "'9999-12-31 23:59:59.999999+00'::timestamptz",
    ),
}
"""Outside these years a date has no year that all clients can hold: it is shown as NULL; infinity
stays infinity."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A column of a dataset that is to be shown masked; `key` is the id of the mask key."""

    dataset: str
    column: str
    type: str
    sql: Composable
    key: str = ""


def masked(mask: Mask, value: Masked) -> Composable:  # noqa: PLR0911
    """What is shown instead of the value; `apps.semantics.masking` says what each one does."""
    match mask.function:
        case MaskFunction.NONE:
            return value.sql
        case MaskFunction.NULL:
            return SQL("NULL")
        case MaskFunction.REDACT:
            return SQL("CASE WHEN {} IS NOT NULL THEN '***'::text END").format(value.sql)
        case MaskFunction.PARTIAL:
            return _partial(mask, value)
        case MaskFunction.YEAR:
            return _year(value)
        case MaskFunction.BUCKET:
            return _bucket(mask, value)
        case MaskFunction.HASH:
            return _keyed(message("hash", value.dataset, value.column, ""), value)
        case MaskFunction.TOKEN:
            whole = _keyed(message("token", mask.domain, ""), value)
            return SQL("left({}, {})").format(whole, sql.Literal(TOKEN_LENGTH))


def _partial(mask: Mask, value: Masked) -> Composable:
    return SQL(
        "CASE WHEN char_length({0}::text) <= {1} THEN '***'::text"
        " ELSE left({0}::text, {2}) || '***' || right({0}::text, {3}) END"
    ).format(
        value.sql,
        sql.Literal(mask.first + mask.last),
        sql.Literal(mask.first),
        sql.Literal(mask.last),
    )


def _year(value: Masked) -> Composable:
    cut, first, last = _YEARS[base_type(value.type)]
    return SQL(
        "CASE WHEN {0} BETWEEN {1} AND {2} THEN {3} WHEN NOT isfinite({0}) THEN {0} END"
    ).format(
        value.sql,
        SQL(first),
        SQL(last),
        SQL(cut).format(value.sql),
    )


def _bucket(mask: Mask, value: Masked) -> Composable:
    size = sql.Literal(mask.size)
    down = SQL("(floor({0}::numeric) - mod(mod(floor({0}::numeric), {1}) + {1}, {1}))").format(
        value.sql, size
    )
    least = _LEAST.get(base_type(value.type))
    if least is None:
        return down
    # least() and greatest() skip NULL, which is to stay NULL.
    return SQL("CASE WHEN {} IS NOT NULL THEN greatest({}, {})::{} END").format(
        value.sql, down, sql.Literal(least), SQL(written(base_type(value.type)))
    )


def _keyed(prefix: bytes, value: Masked) -> Composable:
    """HMAC-SHA256 by its two pads (RFC 2104); without the key's row it is NULL."""
    inner, outer = (
        SQL("(SELECT {} FROM {} WHERE id = {})").format(
            Identifier(pad), Identifier(names.KEY_SCHEMA, names.KEY_TABLE), sql.Literal(value.key)
        )
        for pad in ("ip", "op")
    )
    return SQL(
        "encode(sha256({} || sha256({} || {} || convert_to({}::text, 'UTF8'))), 'hex')"
    ).format(outer, inner, sql.Literal(prefix), value.sql)
