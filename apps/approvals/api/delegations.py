"""Seats lent to colleagues."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.approvals import selectors, services
from apps.approvals.api.shapes import DelegationInput, DelegationRow
from apps.approvals.models import Delegation
from apps.core.api import WriteSet
from apps.core.errors import Invalid
from apps.identity.models import User
from apps.identity.selectors import domain_named
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate


class DelegationSet(IdempotentCreate, WriteSet):
    """Seats that the caller lent or was lent."""

    required = {
        "list": "approvals.decide",
        "retrieve": "approvals.decide",
        "create": "approvals.decide",
        "end": "approvals.decide",
    }
    within_domain = False
    serializer_class = DelegationRow
    queryset = Delegation.objects.none()
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Delegation]:
        """Only what concerns this user."""
        return selectors.delegations_of(user_of(self.request))

    @extend_schema(request=DelegationInput, responses={201: DelegationRow})
    def create(self, request: Request) -> Response:
        """Lend one's own seat."""
        given, user, at = self.read(DelegationInput), user_of(request), timezone.now()
        taker = User.objects.filter(uuid=given["taker"]).first()
        if taker is None:
            raise Invalid("There is no such person.", fields={"taker": "unknown"})
        made = services.delegate(
            giver=user,
            taker=taker,
            valid_from=given["valid_from"] or at,
            until=given["until"],
            domain=domain_named(given["domain"]),
            kind=given["kind"],
            reason=given["reason"],
            at=at,
            actor=user,
        )
        return self.respond(made, status=201)

    @extend_schema(request=None, responses=DelegationRow)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, uuid: Any) -> Response:
        """Take one's seat back."""
        ended = services.end_delegation(
            delegation=self.get_object(), at=timezone.now(), actor=user_of(request)
        )
        return self.respond(ended)
