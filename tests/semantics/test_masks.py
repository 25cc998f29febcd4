"""The strictest of masks, and what each mask does to a value."""

import hashlib
import hmac
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.semantics.masking import apply_mask, misfit, shown_type
from apps.semantics.masks import NULL, PLAIN, REDACT, Mask, MaskFunction, strictest
from tests.semantics.strategies import any_mask

PARTIAL = Mask(MaskFunction.PARTIAL, first=1, last=1)
TOKEN = Mask(MaskFunction.TOKEN, domain="people")
HASH = Mask(MaskFunction.HASH)
YEAR = Mask(MaskFunction.YEAR)
TENS = Mask(MaskFunction.BUCKET, size=10)

mask_lists = st.lists(any_mask, max_size=5)


@given(mask_lists)
def test_the_strictest_does_not_depend_on_order_or_repetition(masks: list[Mask]) -> None:
    assert strictest(masks) == strictest(reversed(masks)) == strictest(masks + masks)


@given(mask_lists, any_mask)
def test_one_mask_more_never_shows_more(masks: list[Mask], more: Mask) -> None:
    before, after = strictest(masks), strictest([*masks, more])
    assert strictest((before, after)) == after


@given(any_mask)
def test_null_hides_everything_and_plain_hides_nothing(mask: Mask) -> None:
    assert strictest((mask, NULL)) == NULL
    assert strictest((mask, PLAIN)) == strictest((mask,)) == mask


def test_redact_is_over_every_other_mask_and_two_others_are_null() -> None:
    assert strictest((PARTIAL, REDACT)) == REDACT
    assert strictest((PARTIAL, TOKEN)) == NULL
    assert strictest((TOKEN, Mask(MaskFunction.TOKEN, domain="other"))) == NULL
    assert {strictest(each) for each in permutations((PARTIAL, TOKEN, REDACT))} == {NULL}


@pytest.mark.parametrize(
    ("mask", "type", "value", "shown"),
    [
        (NULL, "json", "{}", None),
        (PLAIN, "json", "{}", "{}"),
        (REDACT, "text", "", "***"),
        (REDACT, "text", None, None),
        (PARTIAL, "text", "anna", "a***a"),
        (PARTIAL, "text", "an", "***"),
        (PARTIAL, "text", "", "***"),
        (PARTIAL, "character(6)", "anna  ", "a***a"),
        (Mask(MaskFunction.PARTIAL, last=2), "varchar(9)", "žluťoučký", "***ký"),
        (Mask(MaskFunction.PARTIAL), "text", "anna", "***"),
        (YEAR, "date", date(2024, 2, 29), date(2024, 1, 1)),
        (YEAR, "timestamp(3) without time zone", datetime(2024, 2, 29, 1), datetime(2024, 1, 1)),
        (TENS, "integer", -1, -10),
        (TENS, "integer", -(2**31), -(2**31)),
        (TENS, "smallint", 19, 10),
        (TENS, "numeric(9,2)", Decimal("-0.01"), Decimal(-10)),
        (TENS, "numeric", Decimal("9.9999999999999999999999999999999999"), Decimal(0)),
        (TENS, "numeric", Decimal("1E+40"), Decimal("1E+40")),
    ],
)
def test_a_mask_shows(mask: Mask, type: str, value: Any, shown: Any) -> None:
    assert apply_mask(mask, value, type=type) == shown


def test_the_year_of_an_instant_is_its_year_in_utc() -> None:
    late = datetime(2024, 12, 31, 23, tzinfo=timezone(-timedelta(hours=5)))
    shown = apply_mask(YEAR, late, type="timestamp with time zone")
    assert shown == datetime(2025, 1, 1, tzinfo=UTC)


def test_numbers_that_are_none_have_no_bucket() -> None:
    for odd in ("NaN", "Infinity", "-Infinity"):
        assert apply_mask(TENS, Decimal(odd), type="numeric").is_nan()


def test_hash_and_token_are_the_hmac_of_the_documented_bytes() -> None:
    def expected(message: bytes) -> str:
        return hmac.new(b"k", message, hashlib.sha256).hexdigest()

    where = {"key": b"k", "dataset": "s.t", "column": "c"}
    hashed = apply_mask(HASH, "žlutý", type="text", **where)
    assert hashed == expected(b"hash\0s.t\0c\0" + "žlutý".encode())
    assert len(hashed) == 64
    token = apply_mask(TOKEN, 12, type="integer", **where)
    assert token == expected(b"token\0people\x0012")[:32]


def test_a_token_is_the_same_everywhere_in_its_domain_and_a_hash_is_not() -> None:
    def both(column: str) -> tuple[str, str]:
        where = {"key": b"k", "dataset": "s.t", "column": column}
        return tuple(apply_mask(m, "x", type="text", **where) for m in (TOKEN, HASH))  # type: ignore[return-value,arg-type]

    (token, hashed), (other_token, other_hashed) = both("c"), both("d")
    assert token == other_token
    assert hashed != other_hashed


def test_a_mask_that_does_not_fit_the_column_is_refused_with_the_reason() -> None:
    assert "the column is integer" in misfit(REDACT, "integer")
    assert "the column is text" in misfit(TENS, "text")
    assert "text[]" in misfit(HASH, "text[]")
    for fitting in ("varchar(3)", "character varying(3)", "citext", "uuid", "bigint"):
        assert not misfit(TOKEN, fitting)
    assert not misfit(NULL, "anything")
    with pytest.raises(ValueError, match="the column is date"):
        apply_mask(PARTIAL, date(2024, 1, 1), type="date")
    with pytest.raises(ValueError, match="mask key"):
        apply_mask(HASH, "x", type="text")
    with pytest.raises(ValueError, match="dataset and column"):
        apply_mask(HASH, "x", type="text", key=b"k")


def test_a_masked_column_has_a_type_that_cannot_cut_it() -> None:
    assert shown_type(PARTIAL, "varchar(2)") == "text"
    assert shown_type(TENS, "numeric(4,2)") == "numeric"
    assert shown_type(NULL, "varchar(2)") == "varchar(2)"
    assert shown_type(YEAR, "timestamp(3) with time zone") == "timestamp with time zone"


def test_a_mask_with_arguments_of_another_function_cannot_be_made() -> None:
    for arguments in ({"first": 1}, {"size": 1}, {"domain": "d"}):
        with pytest.raises(ValueError, match="takes"):
            Mask(MaskFunction.NULL, **arguments)  # type: ignore[arg-type]
    for function in (MaskFunction.BUCKET, MaskFunction.TOKEN):
        with pytest.raises(ValueError, match="takes"):
            Mask(function)
