"""The terms of an item: which columns, rows and masks until when, and how approvers narrow them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from apps.core.errors import Invalid
from apps.semantics import codec
from apps.semantics.filters import Filter
from apps.semantics.masks import Mask, strictest
from apps.semantics.simplify import both


@dataclass(frozen=True, slots=True)
class Terms:
    """What an approved item gives: these columns, masked so, in these rows, until then."""

    columns: frozenset[str]
    filter: Filter
    masks: Mapping[str, Mask]
    until: datetime


def stricter(one: Mapping[str, Mask], other: Mapping[str, Mask]) -> dict[str, Mask]:
    """For each column the strictest of what the two demand."""
    return {
        column: strictest(m for m in (one.get(column), other.get(column)) if m is not None)
        for column in {*one, *other}
    }


def narrow(terms: Terms, wanted: Mapping[str, Any], *, at: str) -> Terms:
    """The terms after an approver narrowed them; `wanted` holds columns, filter, masks or until.

    Columns must be among those asked for and `until` no later; a filter and masks are added to
    what there is, so the result can never be wider. Raises Invalid naming the field below `at`.
    """
    unknown = set(wanted) - {"columns", "filter", "masks", "until"}
    if unknown:
        name = sorted(unknown)[0]
        raise Invalid(f"Terms have no {name}.", fields={f"{at}.{name}": "unknown"})
    if "columns" in wanted:
        terms = replace(terms, columns=_fewer(terms.columns, wanted["columns"], at=at))
    if "filter" in wanted:
        extra = codec.decode_filter(wanted["filter"], f"{at}.filter")
        terms = replace(terms, filter=both((terms.filter, extra)))
    if "masks" in wanted:
        extra_masks = codec.decode_masks(wanted["masks"], f"{at}.masks")
        _only(terms.columns, extra_masks, at=f"{at}.masks")
        terms = replace(terms, masks=stricter(terms.masks, extra_masks))
    if "until" in wanted:
        terms = replace(terms, until=_sooner(terms.until, wanted["until"], at=f"{at}.until"))
    return terms


def _fewer(columns: frozenset[str], wanted: Any, *, at: str) -> frozenset[str]:
    field = f"{at}.columns"
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise Invalid("Columns are a list of names.", fields={field: "must be a list of names"})
    if not wanted:
        raise Invalid(
            "At least one column must remain; deny the request instead.",
            fields={field: "must not be empty"},
        )
    _only(columns, wanted, at=field)
    return frozenset(wanted)


def _only(columns: frozenset[str], named: Any, *, at: str) -> None:
    more = sorted(set(named) - columns)
    if more:
        raise Invalid(
            f"An approver may only narrow: {', '.join(more)} was not asked for.",
            fields={at: f"{more[0]} was not asked for"},
        )


def _sooner(until: datetime, wanted: Any, *, at: str) -> datetime:
    instant = wanted if isinstance(wanted, datetime) else _parsed(wanted)
    if instant is None or instant.tzinfo is None:
        raise Invalid(
            "The end is an instant in ISO 8601 with its offset.", fields={at: "not an instant"}
        )
    if instant > until:
        raise Invalid(
            "An approver may only narrow: the end is later than what was asked for.",
            fields={at: f"must not be after {until.isoformat()}"},
        )
    return instant


def _parsed(text: Any) -> datetime | None:
    try:
        return parse_datetime(text)
    except (TypeError, ValueError):
        return None
