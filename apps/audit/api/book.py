"""The book at the REST door: entries, the state of the chain, and exports."""

from typing import cast

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit import services
from apps.audit.api.shapes import CountRow, EntryDetail, EntryRow, SearchInput, StateRow
from apps.audit.models import Entry
from apps.audit.selectors import verify_state
from apps.audit.selectors.entries import Search, entries, parse
from apps.core.actors import Actor
from apps.core.api import Endpoint, ReadSet

SEARCH = frozenset(SearchInput().fields)
JSON_LINES = "application/jsonl"

_PARAMETERS = [OpenApiParameter(name, str, description="Patterns, separated by commas.")
               for name in sorted(SEARCH - {"since", "until", "request"})] + [
    OpenApiParameter(name, str) for name in ("since", "until", "request")
]  # fmt: skip


class EntrySet(ReadSet):
    """What was decided and done, the newest first."""

    required = {"list": "audit.view", "retrieve": "audit.view"}
    query_parameters = SEARCH
    filter_backends = ()
    queryset = Entry.objects.none()
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[Entry]:
        """The entries that match the query string."""
        return entries(_asked(self.request)) if self.action == "list" else entries()

    def get_serializer_class(self) -> type[EntryRow]:
        """With all that it says for one, without it for many."""
        return EntryRow if self.action == "list" else EntryDetail

    @extend_schema(parameters=_PARAMETERS)
    def list(self, request: Request) -> Response:
        """One page."""
        return super().list(request)


class StateSet(Endpoint):
    """Whether the book holds."""

    required = {"list": "audit.view"}
    serializer_class = StateRow
    pagination_class = None
    filter_backends = ()

    @extend_schema(responses=StateRow, operation_id="audit_state_retrieve")
    def list(self, request: Request) -> Response:
        """How far the book is sealed, verified and signed."""
        return Response(StateRow(verify_state()).data)


class ExportSet(Endpoint):
    """A stretch of the book that can be verified without us; each export is written down."""

    required = {"list": "audit.export", "create": "audit.export"}
    query_parameters = SEARCH
    serializer_class = CountRow
    pagination_class = None
    filter_backends = ()

    @extend_schema(responses=CountRow, parameters=_PARAMETERS, operation_id="audit_export_count")
    def list(self, request: Request) -> Response:
        """How many entries match."""
        return Response({"entries": entries(_asked(request)).count()})

    @extend_schema(request=SearchInput, responses={(200, JSON_LINES): OpenApiTypes.BINARY})
    def create(self, request: Request) -> StreamingHttpResponse:
        """The stretch as JSON lines, for `seneschal-verify`."""
        return hand_out(parse(self.read(SearchInput)), cast(Actor, request.user))


def hand_out(search: Search, actor: Actor) -> StreamingHttpResponse:
    """An export as a download."""
    at = timezone.now()
    stretch = services.export(search=search, at=at, actor=actor)
    name = f"seneschal-audit-{at:%Y-%m-%d-%H%M%S}.jsonl"
    return StreamingHttpResponse(
        stretch,
        content_type=JSON_LINES,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _asked(request: Request) -> Search:
    given = request.query_params.dict()
    return parse({name: str(value) for name, value in given.items() if name in SEARCH})
