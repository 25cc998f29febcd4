"""The masks offered to who may only narrow: each hides more than what stands, and fits the type."""

import pytest

from apps.semantics.masking import misfit
from apps.semantics.masks import NULL, PLAIN, REDACT, Mask, MaskFunction, strictest
from apps.semantics.stricter import OFFERED, stricter_than

PARTIAL = Mask(MaskFunction.PARTIAL, first=1)


@pytest.mark.parametrize("stands", [PLAIN, NULL, *OFFERED, Mask(MaskFunction.TOKEN, domain="c")])
@pytest.mark.parametrize("type", ["text", "integer", "date", "numeric(10,2)", "jsonb"])
def test_what_is_offered_is_what_would_be_shown(stands: Mask, type: str) -> None:
    for offered in stricter_than(stands, type):
        assert strictest((stands, offered)) == offered != stands
        assert not misfit(offered, type)


def test_nothing_is_stricter_than_null() -> None:
    assert stricter_than(NULL, "text") == ()


def test_a_mask_without_an_order_to_the_one_that_stands_is_not_offered() -> None:
    assert stricter_than(PARTIAL, "text") == (REDACT, NULL)


def test_a_column_of_any_type_can_be_emptied() -> None:
    assert stricter_than(PLAIN, "jsonb") == (NULL,)
