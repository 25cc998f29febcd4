"""Approvals: what waits for whom, each with its version, answered and taken back."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from apps.approvals import selectors, services
from apps.approvals.api.shapes import ApprovalDetail, ApprovalRow, DecisionInput
from apps.approvals.models import Approval
from apps.core.api import ReadSet
from apps.core.etags import etag_of
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate


class ApprovalFilters(django_filters.FilterSet):
    """`box` is what the approval is to the caller."""

    box = django_filters.ChoiceFilter(
        method="in_box",
        choices=[("needs_you", "Needs you"), ("waiting", "Waiting"), ("decided", "Decided")],
    )
    state = django_filters.ChoiceFilter(choices=Approval.State.choices)
    kind = django_filters.CharFilter(max_length=50)
    subject = django_filters.CharFilter(max_length=300)

    class Meta:
        model = Approval
        fields: list[str] = []

    def in_box(self, queryset: QuerySet[Approval], name: str, value: str) -> QuerySet[Approval]:
        """Only what is in that box of the caller's."""
        assert self.request is not None  # the viewset gives it
        user = user_of(self.request)
        if value == "needs_you":
            return queryset.filter(pk__in=selectors.inbox(user, timezone.now()).values("pk"))
        box = selectors.waiting(user) if value == "waiting" else selectors.decided(user)
        return queryset.filter(pk__in=box.values("pk"))


class ApprovalSet(IdempotentCreate, ReadSet):
    """Approvals that the caller asked for, gains by, reviews or oversees."""

    required = {
        "list": "approvals.view",
        "retrieve": "approvals.view",
        "decide": "approvals.decide",
        "withdraw": "approvals.decide",
    }
    if_match = frozenset({"decide", "withdraw"})
    idempotent = frozenset({"decide"})
    within_domain = False
    filterset_class = ApprovalFilters
    serializer_class = ApprovalRow
    queryset = Approval.objects.none()

    def get_queryset(self) -> QuerySet[Approval]:
        """Only what this user may see."""
        found = selectors.visible_to(user_of(self.request))
        if self.action == "list":
            return found
        return found.prefetch_related(
            "stages__reviewers__user",
            "stages__reviewers__team",
            "stages__reviewers__domain",
            "stages__verdicts__by",
            "stages__verdicts__on_behalf_of",
        )

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Rows in lists, everything in details."""
        return ApprovalRow if self.action == "list" else ApprovalDetail

    @extend_schema(responses=ApprovalDetail)
    def retrieve(self, request: Request, uuid: Any) -> Response:
        """One approval with its way; its ETag is what a decision names."""
        return self._shown(self.get_object())

    @extend_schema(request=DecisionInput, responses=ApprovalDetail)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, uuid: Any) -> Response:
        """Answer it, upon the version that If-Match names."""
        approval, version = self.get_object(), self.version_seen()
        given = self.read(DecisionInput)
        services.decide(
            approval=approval,
            answer=given["answer"],
            note=given["note"],
            terms=given["terms"],
            version=version,
            at=timezone.now(),
            actor=user_of(request),
        )
        return self._shown(self.get_object())

    @extend_schema(request=None, responses=ApprovalDetail)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uuid: Any) -> Response:
        """Take it back, while it is as If-Match says; only who asked may."""
        approval, version = self.get_object(), self.version_seen()
        services.withdraw(
            approval=approval, version=version, at=timezone.now(), actor=user_of(request)
        )
        return self._shown(self.get_object())

    def _shown(self, approval: Approval) -> Response:
        may = selectors.may_decide(user_of(self.request), approval, timezone.now())
        shown = ApprovalDetail(approval, context={"may_decide": may}).data
        return Response(shown, headers={"ETag": etag_of(approval) or ""})
