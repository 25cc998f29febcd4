"""Comparing two values of a table as PostgreSQL does, three-valued."""

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from apps.semantics.filters import Literal, Operator


def compare(value: Any, operator: Operator, literal: Literal) -> bool | None:
    """Whether `value` compares so with `literal`; None (unknown) when the value is NULL.

    Text is ordered by code point (collation "C"). A float is compared with a number as a float,
    and NaN equals itself and exceeds every other number. A date is compared with a timestamp
    without time zone as its midnight. Any other type is compared as its text, for equality alone.
    Raises TypeError for two types that have no order in common,
    such as a date and a timestamp with time zone, whose order depends on the session.
    """
    if value is None:
        return None
    if _kind(value) == "other" and operator not in (Operator.EQ, Operator.NE):
        raise TypeError(f"{type(value).__name__} has no order that is the same everywhere")
    order = _order(value, literal)
    return {
        Operator.EQ: order == 0,
        Operator.NE: order != 0,
        Operator.LT: order < 0,
        Operator.LE: order <= 0,
        Operator.GT: order > 0,
        Operator.GE: order >= 0,
    }[operator]


def _order(value: Any, literal: Literal) -> int:
    left, right = _paired(value, literal)
    if left == right or (_is_nan(left) and _is_nan(right)):
        return 0
    if _is_nan(left):
        return 1
    return -1 if left < right else 1


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | Decimal) and math.isnan(value)


def _paired(value: Any, literal: Literal) -> tuple[Any, Any]:
    """Both in one type in which Python orders them as PostgreSQL does."""
    kinds = _kind(value), _kind(literal)
    if kinds == ("date", "naive"):
        return datetime.combine(value, time()), literal
    if kinds == ("naive", "date") and isinstance(literal, date):
        return value, datetime.combine(literal, time())
    if kinds[0] == "other" and isinstance(literal, str):
        return str(value), literal  # uuid, enum, inet …: as their text
    if kinds[0] != kinds[1]:
        raise TypeError(f"a {kinds[0]} value is not comparable with a {kinds[1]} literal")
    if isinstance(value, float) and isinstance(literal, int | Decimal):
        return value, float(literal)
    return value, literal


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, datetime):
        return "naive" if value.utcoffset() is None else "instant"
    return "date" if isinstance(value, date) else "other"
