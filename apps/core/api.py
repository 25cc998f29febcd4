"""The base of every REST door: things are read by uuid, lists by keyset, changes by services."""

from typing import Any

from django.db.models import Model
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from apps.core.etags import etag_of, required_version
from apps.core.pagination import KeysetPagination
from apps.core.rest.handler import problem_handler
from apps.core.rest.permissions import SIGNED_IN, DeclaredPermission
from apps.core.rest.queries import check_query
from apps.core.rest.rows import Input, Row

__all__ = [
    "SIGNED_IN",
    "DeclaredPermission",
    "Endpoint",
    "Input",
    "KeysetPagination",
    "ReadSet",
    "Router",
    "Row",
    "WriteSet",
    "problem_handler",
]


class Router(SimpleRouter):
    """Exact paths without a slash at the end; an id is a UUID before any view is asked."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)


class Endpoint(GenericViewSet[Any]):
    """What every viewset of ours shares: declared permissions, known parameters, uuids.

    `required` maps action to permission name; `if_match` names the actions that are decisions
    upon a version; `query_parameters` are known beside filters and pages.
    """

    required: dict[str, str] = {}
    if_match: frozenset[str] = frozenset()
    query_parameters: frozenset[str] = frozenset()
    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authorise, and only then look at what was sent."""
        super().initial(request, *args, **kwargs)
        if self.action is not None:  # and else the answer is 405
            check_query(request, self)

    def read(self, input_class: type[BaseSerializer[Any]]) -> Any:
        """What the body says, as `input_class` understands it. Raises a ValidationError."""
        given = input_class(data=self.request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return given.validated_data

    def version_seen(self) -> int:
        """The version of If-Match. Raises PreconditionRequired when there is none."""
        return required_version(self.request)

    def respond(self, instance: Model, *, status: int = 200) -> Response:
        """The thing as its serializer shows it, with its ETag and, when new, its address."""
        response = Response(self.get_serializer(instance).data, status=status)
        if etag := etag_of(instance):
            response["ETag"] = etag
        if status == 201:
            response["Location"] = f"{self.request.path.rstrip('/')}/{instance.uuid}"  # type: ignore[attr-defined]
        return response


class ReadSet(Endpoint):
    """A list and a detail of what the user may see; what they may not see is not there (404)."""

    def list(self, request: Request) -> Response:
        """One page."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None  # there is always a paginator
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, uuid: Any) -> Response:
        """One thing; 304 when the caller's copy is current."""
        response = self.respond(self.get_object())
        if "ETag" in response and request.headers.get("If-None-Match") == response["ETag"]:
            return Response(status=304, headers={"ETag": response["ETag"]})
        return response


class WriteSet(ReadSet):
    """A `ReadSet` that also takes changes; each of its actions calls one service."""
