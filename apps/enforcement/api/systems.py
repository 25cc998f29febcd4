"""How far each system has come, at the REST door, with the buttons of an operator."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Row, WriteSet
from apps.enforcement import services
from apps.enforcement.api.filters import EnforcementFilters
from apps.enforcement.api.shapes import EnforcementRow
from apps.enforcement.models import Enforcement
from apps.enforcement.selectors.visible import visible_enforcements
from apps.identity.who import user_of


class JobStarted(Row):
    """The job that does it."""

    job = serializers.UUIDField(source="uuid")
    state = serializers.CharField()


class EnforcementSet(WriteSet):
    """Systems by how far they have come."""

    required = {
        "list": "enforcement.view",
        "retrieve": "enforcement.view",
        "reconcile": "enforcement.operate",
        "release": "enforcement.operate",
        "try_connection": "enforcement.operate",
    }
    if_match = frozenset({"release"})
    serializer_class = EnforcementRow
    filterset_class = EnforcementFilters
    queryset = Enforcement.objects.none()

    def get_queryset(self) -> QuerySet[Enforcement]:
        """Only what this user may see."""
        return visible_enforcements(user_of(self.request))

    @extend_schema(request=None, responses={202: JobStarted})
    @action(detail=True, methods=["post"])
    def reconcile(self, request: Request, uuid: Any) -> Response:
        """Have the system compared with what is declared, now."""
        job = services.request_pass(system=self.get_object().system, actor=user_of(request))
        return Response(JobStarted(job).data, status=202)

    @extend_schema(request=None, responses=EnforcementRow)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, uuid: Any) -> Response:
        """Let through the pass that is held; If-Match says which one you saw."""
        state = services.release(
            system=self.get_object().system, version=self.version_seen(), actor=user_of(request)
        )
        return self.respond(state)

    @extend_schema(request=None, responses=EnforcementRow)
    @action(detail=True, methods=["post"], url_path="try")
    def try_connection(self, request: Request, uuid: Any) -> Response:
        """Ask the system now which rights we hold and lack there."""
        state = self.get_object()
        services.try_connection(system=state.system, at=timezone.now(), actor=user_of(request))
        return self.respond(self.get_object())
