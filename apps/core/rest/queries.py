"""Checks the query string: every parameter known, once, and text that can be kept."""

from collections.abc import Iterable
from typing import Any

from rest_framework.request import Request

from apps.core.errors import Invalid
from apps.core.rest.parsers import check_text


def check_query(request: Request, view: Any) -> None:
    """Raise Invalid, with the parameter named, for what the view does not know."""
    known = frozenset(known_parameters(view))
    for name, values in request.query_params.lists():
        if name not in known:
            raise Invalid(f"There is no parameter {name!r} here.", fields={name: "unknown"})
        if len(values) > 1:
            raise Invalid(f"{name} stands twice.", fields={name: "at most once"})
        check_text(values[0])


def known_parameters(view: Any) -> Iterable[str]:
    """What may stand in the query string of this view's current action."""
    yield from getattr(view, "query_parameters", ())
    if getattr(view, "action", None) != "list":
        return
    if getattr(view, "paginator", None) is not None:
        yield from view.paginator.parameters
    yield from getattr(getattr(view, "filterset_class", None), "base_filters", ())
    yield from getattr(view, "filterset_fields", None) or ()
