"""Pages by keyset: the cost of a page does not grow with how far down the list it is."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Field, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Invalid

DEFAULT_LIMIT = 50
HIGHEST_LIMIT = 200
LONGEST_CURSOR = 2000


class KeysetPagination(BasePagination):
    """`?limit=…&cursor=…`; the order is the view's `ordering`, whose last name is unique.

    The names in `ordering` are never null; one that crosses relations (`dataset__name`) is fine.
    """

    parameters = ("cursor", "limit")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the page that the request asks for."""
        self._request = request
        self._ordering: tuple[str, ...] = tuple(getattr(view, "ordering", ("-id",)))
        limit = _limit(request)
        cursor = request.query_params.get("cursor")
        rows = queryset.order_by(*self._ordering)
        if cursor is not None:
            rows = rows.filter(_after(queryset, self._ordering, _opened(cursor)))
        page = list(rows[: limit + 1])
        self._limit = limit
        self._last = page[limit - 1] if len(page) > limit else None
        return page[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        """The rows, and the address of the next page or null."""
        return Response({"next": self._next(), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """How the page looks in the API's schema."""
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {
                    "type": "string",
                    "format": "uri",
                    "nullable": True,
                    "description": "Address of the next page; null on the last.",
                },
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters in the API's schema."""
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "Where the page begins, from `next`.",
                "schema": {"type": "string", "maxLength": LONGEST_CURSOR},
            },
            {
                "name": "limit",
                "in": "query",
                "description": "Rows on a page.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": HIGHEST_LIMIT,
                    "default": DEFAULT_LIMIT,
                },
            },
        ]

    def _next(self) -> str | None:
        if self._last is None:
            return None
        values = [_value(self._last, name.lstrip("-")) for name in self._ordering]
        kept = dict(self._request.query_params.items())
        query = urlencode({**kept, "cursor": _sealed(values), "limit": self._limit})
        return self._request.build_absolute_uri(f"{self._request.path}?{query}")


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= HIGHEST_LIMIT):
        raise Invalid(
            f"limit is a number from 1 to {HIGHEST_LIMIT}.",
            fields={"limit": f"must be from 1 to {HIGHEST_LIMIT}"},
        )
    return int(text)


def _sealed(values: list[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    text = json.dumps(plain, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _opened(cursor: str) -> list[Any]:
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(text)
        if not isinstance(values, list) or not all(isinstance(v, str | int) for v in values):
            raise ValueError
        "".join(str(value) for value in values).encode()  # no half of a surrogate pair
    except (ValueError, binascii.Error, RecursionError):
        raise _unusable() from None
    return values


def _after(queryset: QuerySet[Any], ordering: tuple[str, ...], values: list[Any]) -> Q:
    if len(values) != len(ordering):
        raise _unusable()
    condition = Q()
    for name, value in reversed(list(zip(ordering, values, strict=True))):
        field = name.lstrip("-")
        kept = _typed(queryset, field, value)
        beyond = Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": kept})
        if condition:
            near = Q(**{f"{field}__{'lte' if name.startswith('-') else 'gte'}": kept})
            condition = near & (beyond | (Q(**{field: kept}) & condition))
        else:
            condition = beyond
    return condition


def _typed(queryset: QuerySet[Any], name: str, value: Any) -> Any:
    model, field = queryset.model, None
    for part in name.split("__"):
        field = model._meta.get_field(part)
        model = field.related_model or model
    assert isinstance(field, Field)
    try:
        kept = field.to_python(value)
        if isinstance(kept, str) and "\x00" in kept:
            raise _unusable()
        if isinstance(kept, int) and not -(2**63) <= kept < 2**63:
            raise _unusable()
    except (ValidationError, ValueError, OverflowError):
        raise _unusable() from None
    return kept


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def _unusable() -> Invalid:
    return Invalid(
        "This cursor is not one of ours; start from the first page.",
        fields={"cursor": "cannot be used"},
    )
