"""Grants at the REST door: what was given, whether it is in force, the way out."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.api.shapes import GrantRow, RenewInput, RequestRow
from apps.access.models import Grant
from apps.access.selectors.requests import may_end, visible_grants
from apps.access.services.grants import end_grant, renew_grant
from apps.core.api import WriteSet
from apps.core.errors import Forbidden
from apps.enforcement import selectors as enforcement
from apps.enforcement import services as enforcing
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate


class GrantSet(IdempotentCreate, WriteSet):
    """Grants that the user holds, asked for or oversees."""

    required = {
        "list": "access.view",
        "retrieve": "access.view",
        "status": "access.view",
        "end": "access.request",
        "renew": "access.request",
        "ask_again": "access.request",
    }
    idempotent = frozenset({"renew"})
    queryset = Grant.objects.none()
    serializer_class = GrantRow
    filterset_fields = ("end_reason",)
    within_domain = False

    def get_queryset(self) -> QuerySet[Grant]:
        """Only what this user may see."""
        return visible_grants(user_of(self.request))

    @extend_schema(responses={200: dict})
    @action(detail=True, methods=["get"])
    def status(self, request: Request, uuid: Any) -> Response:
        """Pending, in force, held, drifted, refused or gone, with what the system answered."""
        return Response(enforcement.status_of(self.get_object().ref).as_json())

    @extend_schema(request=None, responses={202: dict})
    @action(detail=True, methods=["post"], url_path="ask-again")
    def ask_again(self, request: Request, uuid: Any) -> Response:
        """Ask the live system once more, as the person; the answer appears under status."""
        grant = self.get_object()
        enforcing.ask_again(owner=grant.ref, at=timezone.now(), actor=user_of(request))
        return Response(enforcement.status_of(grant.ref).as_json(), status=202)

    @extend_schema(request=None, responses=GrantRow)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uuid: Any) -> Response:
        """End it now: for its holder, who answers for them, and overseers."""
        grant = self.get_object()
        if not may_end(user_of(request), grant):
            raise Forbidden("Only its holder and those who oversee the data may end a grant.")
        end_grant(
            grant=grant,
            reason=Grant.EndReason.REVOKED,
            at=timezone.now(),
            actor=user_of(request),
        )
        return self.respond(self.get_object())

    @extend_schema(request=RenewInput, responses={201: RequestRow})
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, uuid: Any) -> Response:
        """Ask for the same until later; it is decided like any request."""
        grant = self.get_object()
        given = self.read(RenewInput)
        made = renew_grant(
            grant=grant,
            requester=user_of(request),
            justification=given["justification"],
            until=given["until"],
            at=timezone.now(),
            actor=user_of(request),
        )
        return Response(RequestRow(made).data, status=201)
