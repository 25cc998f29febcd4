"""The statements that the masks are documented with, run on PostgreSQL, against our own answer."""

import secrets
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from apps.semantics.masking import apply_mask, shown_type
from apps.semantics.masks import REDACT, Mask, MaskFunction
from tests.servers import WarehouseDatabase

KEY = secrets.token_bytes(32)
TEXTS = [
    "",
    "a",
    "ab",
    "abc",
    "anna@example.org",
    "žluťoučký kůň",
    "日本語テキスト",
    " x ",
    "a  ",
    None,
]
WHOLE = [0, 1, -1, 9, 10, 11, -10, -11, 32767, -32768, None]
NUMBERS = [Decimal(text) for text in ("0", "9.99", "-0.01", "-10", "1e30", "-7.5", "NaN")] + [
    Decimal("2.9999999999999999999"),
    Decimal("Infinity"),
    None,
]
DAYS = [date(2024, 2, 29), date(1, 1, 1), date(1582, 10, 4), None]
LATE = datetime(2024, 12, 31, 23, 30)
MOMENTS = [LATE.replace(tzinfo=timezone(timedelta(hours=h))) for h in (-5, 0, 5)] + [None]


def partial(first: int, last: int) -> str:
    return (
        f"CASE WHEN char_length(v) <= {first} + {last} THEN '***' "
        f"ELSE left(v, {first}) || '***' || right(v, {last}) END"
    )


def bucket(size: int, least: int | None, type: str) -> str:
    whole = "floor(v::numeric)"
    lowered = f"{whole} - mod(mod({whole}, {size}) + {size}, {size})"
    if least is None:
        return lowered
    return f"CASE WHEN v IS NOT NULL THEN greatest({lowered}, {least})::{type} END"


def keyed(message: str) -> str:
    pads = (bytes(byte ^ pad for byte in KEY.ljust(64, b"\0")).hex() for pad in (0x5C, 0x36))
    outer, inner = (rf"'\x{pad}'::bytea" for pad in pads)
    return f"encode(sha256({outer} || sha256({inner} || {message})), 'hex')"


HASHED = keyed(
    r"'\x68617368'::bytea || '\x00' || convert_to('s.t', 'UTF8') || '\x00' || "
    r"convert_to('c', 'UTF8') || '\x00' || convert_to(v::text, 'UTF8')"
)
TOKENED = keyed(
    r"'\x746f6b656e'::bytea || '\x00' || convert_to('people', 'UTF8') || '\x00' || "
    "convert_to(v::text, 'UTF8')"
)
TOKEN = Mask(MaskFunction.TOKEN, domain="people")


@pytest.mark.parametrize(
    ("mask", "type", "expression", "values"),
    [
        (REDACT, "text", "CASE WHEN v IS NOT NULL THEN '***' END", TEXTS),
        (Mask(MaskFunction.PARTIAL, first=1, last=1), "text", partial(1, 1), TEXTS),
        (Mask(MaskFunction.PARTIAL, first=2), "varchar(40)", partial(2, 0), TEXTS),
        (Mask(MaskFunction.PARTIAL, last=3), "character(40)", partial(0, 3), TEXTS),
        (Mask(MaskFunction.HASH), "text", HASHED, TEXTS),
        (Mask(MaskFunction.HASH), "character(40)", HASHED, TEXTS),
        (TOKEN, "text", f"left({TOKENED}, 32)", TEXTS),
        (TOKEN, "smallint", f"left({TOKENED}, 32)", WHOLE),
        (Mask(MaskFunction.BUCKET, size=10), "smallint", bucket(10, -(2**15), "smallint"), WHOLE),
        (Mask(MaskFunction.BUCKET, size=7), "bigint", bucket(7, -(2**63), "bigint"), WHOLE),
        (Mask(MaskFunction.BUCKET, size=3), "numeric", bucket(3, None, ""), NUMBERS),
        (Mask(MaskFunction.YEAR), "date", "date_trunc('year', v::timestamp)::date", DAYS),
        (Mask(MaskFunction.YEAR), "timestamp", "date_trunc('year', v)", [LATE, None]),
        (Mask(MaskFunction.YEAR), "timestamptz", "date_trunc('year', v, 'UTC')", MOMENTS),
    ],
)
def test_a_mask_shows_here_what_it_shows_there(
    warehouse_db: WarehouseDatabase, mask: Mask, type: str, expression: str, values: list[Any]
) -> None:
    with warehouse_db.connect() as connection:
        connection.execute("SET timezone = 'Asia/Kathmandu'")
        connection.execute(f"CREATE TABLE t (n int, v {type})")
        for n, value in enumerate(values):
            connection.execute("INSERT INTO t VALUES (%s, %s)", (n, value))
        there = connection.execute(
            f"SELECT v, {expression}, pg_typeof({expression})::text FROM t ORDER BY n"
        ).fetchall()
    for stored, shown, kind in there:
        ours = apply_mask(mask, stored, type=type, key=KEY, dataset="s.t", column="c")
        if isinstance(shown, datetime) and shown.tzinfo:
            shown = shown.astimezone(UTC)
        assert str(ours) == str(shown) or ours == shown, stored
        assert kind == shown_type(mask, type)
