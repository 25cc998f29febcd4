"""Take-overs at the REST door: proposed here, decided as approvals, undone here."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.models import Dataset
from apps.core.api import Input, WriteSet
from apps.core.errors import Forbidden, Invalid
from apps.enforcement import services
from apps.enforcement.api.filters import TakeOverFilters
from apps.enforcement.api.shapes import TakeOverRow
from apps.enforcement.models import TakeOver
from apps.enforcement.selectors.visible import visible_systems, visible_take_overs
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate


class TakeOverInput(Input):
    """The dataset on which others gave something; `adopt` declares the same in its place."""

    dataset = serializers.UUIDField()
    adopt = serializers.BooleanField(default=False)


class TakeOverSet(IdempotentCreate, WriteSet):
    """Plans that change what others made, with everybody who loses by them."""

    required = {
        "list": "enforcement.view",
        "retrieve": "enforcement.view",
        "create": "enforcement.operate",
        "undo": "enforcement.operate",
    }
    if_match = frozenset({"undo"})
    serializer_class = TakeOverRow
    filterset_class = TakeOverFilters
    queryset = TakeOver.objects.none()

    def get_queryset(self) -> QuerySet[TakeOver]:
        """Only what this user may see."""
        return visible_take_overs(user_of(self.request))

    @extend_schema(request=TakeOverInput, responses={201: TakeOverRow})
    def create(self, request: Request) -> Response:
        """Propose a take-over; the dataset's owner is asked."""
        given, user = self.read(TakeOverInput), user_of(request)
        found = Dataset.objects.filter(uuid=given["dataset"], system__in=visible_systems(user))
        dataset = found.select_related("system", "domain", "owner").first()
        if dataset is None:
            raise Invalid("There is no such dataset.", fields={"dataset": "is not known"})
        if not user.has_perm("enforcement.operate", dataset.system):
            raise Forbidden("Your roles do not allow it in this domain.")
        take_over = services.propose_take_over(
            dataset=dataset, adopt=given["adopt"], at=timezone.now(), actor=user
        )
        return self.respond(take_over, status=201)

    @extend_schema(request=None, responses=TakeOverRow)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, uuid: Any) -> Response:
        """Give back exactly what was taken away; If-Match says which version you saw."""
        take_over = services.undo_take_over(
            take_over=self.get_object(), version=self.version_seen(), actor=user_of(request)
        )
        return self.respond(take_over)
