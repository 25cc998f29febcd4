"""Stands before every view: undeclared pages are closed, problems are told."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.core.problems import request_id
from apps.core.views import closed, problem_response

Next = Callable[[HttpRequest], HttpResponseBase]


class Door:
    """Closes pages that do not declare who may see them, and renders what went wrong."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on, and say under which id this request is known."""
        request.request_id = request_id()  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> HttpResponse | None:
        """Answer 403 for a page that does not declare its permission."""
        return closed(request) if not _declares(view) else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Render a problem; None for a defect, which Django logs."""
        return problem_response(request, error)


def _declares(view: Callable[..., HttpResponseBase]) -> bool:
    """Whether the view says who may: our own marks, DRF's classes, allauth's own checks."""
    if hasattr(view, "required"):
        return True
    of_rest = getattr(view, "cls", None)
    if of_rest is not None:
        return bool(of_rest.permission_classes)
    return view.__module__.startswith(("allauth.", "django.contrib.staticfiles."))
