"""Turns whatever went wrong into one RFC 9457 problem, for the REST door and for pages alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError
from django.http import Http404
from redis.exceptions import RedisError
from rest_framework import exceptions as drf

from apps.core.errors import Forbidden, Invalid, NotFound, Problem

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemDocument:
    """What is told about something that went wrong; `headers` go with the response."""

    status: int
    slug: str
    title: str
    detail: str
    errors: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_json(self, instance: str) -> dict[str, Any]:
        """The members of RFC 9457 with `request_id` and, per field at fault, `errors`."""
        return {
            "type": f"urn:seneschal:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "request_id": request_id(),
            "errors": [{"field": name, "detail": text} for name, text in self.errors],
        }


def request_id() -> str:
    """The id under which logs and the audit book know the current request; empty outside one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def document_of(error: Exception) -> ProblemDocument | None:
    """The problem that this error is; None when it is a defect of ours (500)."""
    if isinstance(error, Problem):
        return _of_problem(error)
    if isinstance(error, drf.APIException):
        return _of_rest(error)
    return _of_django(error)


def document_for(status: int) -> ProblemDocument:
    """The problem that is nothing more than this HTTP status."""
    phrase = HTTPStatus(status).phrase
    return ProblemDocument(status, phrase.lower().replace(" ", "-"), phrase, f"{phrase}.")


def _of_problem(error: Problem) -> ProblemDocument:
    errors = tuple(sorted(error.fields.items()))
    return ProblemDocument(error.status, error.slug, error.title, error.detail, errors)


def _of_django(error: Exception) -> ProblemDocument | None:
    if isinstance(error, ValidationError):
        return _invalid(tuple(_flattened(getattr(error, "message_dict", error.messages))))
    for kind, document in _KNOWN:
        if isinstance(error, kind):
            return document
    return None


def _of_rest(error: drf.APIException) -> ProblemDocument:
    if isinstance(error, drf.ValidationError):
        return _invalid(tuple(_flattened(error.detail)))
    phrase = HTTPStatus(error.status_code).phrase
    return ProblemDocument(
        status=error.status_code,
        slug=str(error.default_code).replace("_", "-"),
        title=phrase,
        detail=str(error.detail),
        headers=_headers(error),
    )


_KNOWN: tuple[tuple[type[Exception], ProblemDocument], ...] = (
    (Http404, _of_problem(NotFound("There is no such thing, or you may not see it."))),
    (PermissionDenied, _of_problem(Forbidden("You may not do this."))),
    # A number, text or date that PostgreSQL cannot hold.
    (DataError, _of_problem(Invalid("A value is out of the range that can be kept."))),
    # Nobody is let through uncounted: not at the sign-in, where tries are, and not at the API.
    (
        RedisError,
        ProblemDocument(
            status=503,
            slug="unavailable",
            title="We cannot count requests just now",
            detail="Redis, which counts them, does not answer; nothing changed. Try again soon.",
            headers={"Retry-After": "5"},
        ),
    ),
    (RequestDataTooBig, document_for(413)),
    (SuspiciousOperation, document_for(400)),
)


def _headers(error: drf.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def _invalid(errors: tuple[tuple[str, str], ...]) -> ProblemDocument:
    detail = "; ".join(f"{name}: {text}" if name else text for name, text in errors[:3])
    return ProblemDocument(Invalid.status, Invalid.slug, Invalid.title, detail, errors)


def _flattened(detail: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            own = "" if key in ("non_field_errors", "__all__") else str(key)
            yield from _flattened(value, ".".join(part for part in (name, own) if part))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for position, value in enumerate(detail):
            nested = isinstance(value, Mapping | list)
            yield from _flattened(value, f"{name}.{position}" if nested and value else name)
    else:
        yield name, str(detail)
