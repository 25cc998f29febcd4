"""Reads how far a reviewer narrows a request, as the decision page sends it, into terms."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict

from apps.access.models import AccessRequest, RequestedItem
from apps.core.errors import Invalid

LONGEST_DAYS = 36500


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What was chosen on the page: an end in so many days (0: as asked), and terms by dataset."""

    days: int = 0
    items: Mapping[str, Mapping[str, Any]] | None = None

    def terms(self, request: AccessRequest | None, at: datetime) -> dict[str, Any]:
        """The terms that this means for the request at that instant; none for what is not less."""
        if request is None:
            return {}
        terms: dict[str, Any] = {"items": dict(self.items)} if self.items else {}
        if self.days and at + timedelta(days=self.days) < request.until:
            terms["until"] = (at + timedelta(days=self.days)).isoformat()
        return terms


def narrowing_of(data: QueryDict, request: AccessRequest | None) -> Narrowing:
    """What the form says.

    `weighed` names by number the datasets whose columns were shown to be chosen from, `keep` the
    columns kept of them as `dataset.column`, and `mask.dataset.column` the mask chosen for one.
    Raises Invalid for what no page sends.
    """
    items = list(request.items.select_related("dataset")) if request else []
    found = {
        str(item.dataset.uuid): terms
        for number, item in enumerate(items)
        if (terms := _of_item(data, number, item))
    }
    return Narrowing(_days(data.get("days")), found or None)


def _of_item(data: QueryDict, number: int, item: RequestedItem) -> dict[str, Any]:
    columns: Sequence[str] = item.columns
    kept = list(columns)
    if str(number) in data.getlist("weighed"):
        chosen = set(data.getlist("keep"))
        kept = [name for place, name in enumerate(columns) if f"{number}.{place}" in chosen]
    masks = {
        name: _mask(text, f"mask.{number}.{place}")
        for place, name in enumerate(columns)
        if name in kept and (text := data.get(f"mask.{number}.{place}"))
    }
    terms: dict[str, Any] = {"columns": kept} if len(kept) < len(columns) else {}
    return terms | ({"masks": masks} if masks else {})


def _mask(text: str, at: str) -> Any:
    """The mask as the service reads it; whether it is one is for the service to say."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("That is no mask.", fields={at: "not a mask"}) from error


def _days(text: str | None) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal()) or len(text) > 5 or int(text) > LONGEST_DAYS:
        raise Invalid("Days are a whole number.", fields={"days": "must be a whole number"})
    return int(text)
