"""Purposes at the REST door."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.api.shapes import PurposeInput, PurposeRow
from apps.access.models import Purpose
from apps.access.services.purposes import add_purpose, retire_purpose
from apps.core.api import WriteSet
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate


class PurposeSet(IdempotentCreate, WriteSet):
    """What data may be used for."""

    required = {
        "list": "access.view",
        "retrieve": "access.view",
        "create": "policies.propose",
        "retire": "policies.propose",
    }
    idempotent = frozenset({"create"})
    queryset = Purpose.objects.none()
    serializer_class = PurposeRow
    filterset_fields = ("active",)

    def get_queryset(self) -> QuerySet[Purpose]:
        """All of them, retired ones too."""
        return Purpose.objects.all()

    @extend_schema(request=PurposeInput, responses={201: PurposeRow})
    def create(self, request: Request) -> Response:
        """Add one."""
        made = add_purpose(**self.read(PurposeInput), actor=user_of(request))
        return self.respond(made, status=201)

    @extend_schema(request=None, responses=PurposeRow)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, uuid: Any) -> Response:
        """Let nobody ask for it any more."""
        retire_purpose(purpose=self.get_object(), actor=user_of(request))
        return self.respond(self.get_object())
