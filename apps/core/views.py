"""The base of every page: who may open it, where to go next, and how problems look."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View

from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.problems import MEDIA_TYPE, ProblemDocument, document_for, document_of
from apps.core.rest.permissions import SIGNED_IN

ViewT = TypeVar("ViewT", bound=Callable[..., Any])
PUBLIC = "public"
"""In `view.required`: anybody may, signed in or not."""


def require(permission: str, **by_method: str) -> Callable[[ViewT], ViewT]:
    """Open a page only to whoever holds the permission; `SIGNED_IN` to whoever is signed in.

    `by_method` names another permission for a method: `require("catalog.view",
    post="catalog.classify")`. It decorates functions and view classes alike. Whoever is not
    signed in is sent to do so; whoever may not is told so, before anything of the body is read.
    """

    def declare(view: ViewT) -> ViewT:
        if isinstance(view, type) and issubclass(view, View):
            decorate: Any = method_decorator(require(permission, **by_method), name="dispatch")
            return cast(ViewT, decorate(view))

        handle: Callable[..., Any] = view

        @wraps(handle)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            wanted = by_method.get((request.method or "").lower(), permission)
            if wanted != SIGNED_IN and not request.user.has_perm(wanted):
                raise Forbidden("Your roles do not allow it.")
            return handle(request, *args, **kwargs)

        checked.required = {"": permission, **by_method}  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return declare


def public(view: ViewT) -> ViewT:
    """Declare that anybody may open this page."""
    view.required = {"": PUBLIC}  # type: ignore[attr-defined]
    return view


def redirect(request: HttpRequest, to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Send the browser elsewhere, whether a page or htmx is asking."""
    url = resolve_url(to, *args, **kwargs)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def is_api(request: HttpRequest) -> bool:
    """Whether a program is asking and not a browser."""
    return request.path.startswith("/api/")


def problem_response(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """What went wrong, as a page or for the API as JSON; None for a defect of ours."""
    document = document_of(error)
    return _response(request, document) if document else None


def closed(request: HttpRequest) -> HttpResponse:
    """The answer of a page that does not declare who may open it."""
    document = document_of(Forbidden("This page does not say who may open it, so nobody may."))
    assert document is not None
    return _response(request, document)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return problem_response(request, exception) or _response(request, document_for(400))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    document = document_of(NotFound("There is no such thing, or you may not see it."))
    assert document is not None
    return _response(request, document)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return problem_response(request, exception) or _response(request, document_for(403))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    document = document_of(
        Forbidden("The form was open for too long or came from elsewhere; load the page again.")
    )
    assert document is not None
    return _response(request, document)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500; it asks neither the database nor who is signed in."""
    document = ProblemDocument(
        500, "defect", "Something went wrong on our side", "It has been logged; nothing changed."
    )
    if is_api(request):
        return _json(request, document)
    return render(request, "500.html", status=500)


def version_seen(request: HttpRequest) -> int:
    """The version that a form's sender had seen. Raises Invalid when it does not say."""
    given = request.POST.get("version", "")
    if not (given.isascii() and given.isdecimal()) or len(given) > 9:
        raise Invalid("It is not said which version you saw.", fields={"version": "is required"})
    return int(given)


def announced(response: HttpResponse, text: str, tone: str = "ok") -> HttpResponse:
    """The same response, which has the page that asked by htmx say this as well."""
    response["HX-Trigger"] = json.dumps({"announce": {"text": text, "tone": tone}})
    return response


def _response(request: HttpRequest, document: ProblemDocument) -> HttpResponse:
    if is_api(request):
        return _json(request, document)
    response = render(request, "problem.html", {"problem": document}, status=document.status)
    for name, value in document.headers.items():
        response[name] = value
    if request.headers.get("HX-Request") == "true":
        announced(response, document.detail, "bad")
        response["HX-Reswap"] = "none"  # the page that asked stays as it was
    return response


def _json(request: HttpRequest, document: ProblemDocument) -> HttpResponse:
    return JsonResponse(
        document.as_json(request.path),
        status=document.status,
        content_type=MEDIA_TYPE,
        headers=dict(document.headers),
    )


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    here = request.get_full_path()
    if request.headers.get("HX-Request") == "true":
        shown = urlsplit(request.headers.get("HX-Current-URL", "/"))
        here = f"{shown.path}?{shown.query}" if shown.query else shown.path
    return redirect(
        request,
        f"{resolve_url(settings.LOGIN_URL)}?{urlencode({REDIRECT_FIELD_NAME: here})}",
    )
