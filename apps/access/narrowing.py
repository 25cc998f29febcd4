"""Turns what somebody types about rows into a filter: a column, how it compares, and with what."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Invalid
from apps.semantics.filters import EVERYTHING, Compare, Filter, In, Literal, Operator

ONE_OF = "in"
OPERATORS: tuple[tuple[str, str | Promise], ...] = (
    (Operator.EQ.value, _("is")),
    (ONE_OF, _("is one of")),
    (Operator.NE.value, _("is not")),
    (Operator.GE.value, _("is at least")),
    (Operator.LE.value, _("is at most")),
)
"""What may be chosen, in the order offered."""
MOST_VALUES = 100
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def narrowed(column: str, kind: str, operator: str, text: str, *, at: str) -> Filter:
    """The rows in which the column, of this type in its system, compares so with what was typed.

    No column means every row; several values are separated by commas. Raises Invalid naming the
    field `at`.
    """
    if not column:
        return EVERYTHING
    if operator not in dict(OPERATORS):
        raise Invalid("Rows are compared in one of the ways offered.", fields={at: "unknown"})
    try:
        if operator == ONE_OF:
            values = [one.strip() for one in text.split(",", MOST_VALUES) if one.strip()]
            return In(column, frozenset(_literal(kind, one) for one in values[:MOST_VALUES]))
        return Compare(column, Operator(operator), _literal(kind, text.strip()))
    except (ValueError, ArithmeticError):
        raise Invalid(
            f"{text.strip() or 'Nothing'} is no value that {column} ({kind}) could have.",
            fields={at: "not such a value"},
        ) from None


def _literal(kind: str, text: str) -> Literal:
    if not text:
        raise ValueError("nothing to compare with")
    readers: tuple[tuple[tuple[str, ...], Callable[[str], Literal]], ...] = (
        (("smallint", "integer", "bigint"), int),
        (("numeric", "real", "double"), Decimal),
        (("boolean",), _truth),
        (("timestamp with", "timestamptz"), _instant),
        (("timestamp",), datetime.fromisoformat),
        (("date",), date.fromisoformat),
    )
    for prefixes, read in readers:
        if kind.startswith(prefixes):
            return read(text)
    return text


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError("neither true nor false")
    return _TRUTH[text.lower()]


def _instant(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
