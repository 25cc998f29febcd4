"""What happened in the systems, at the REST door: passes, changes by hand, calls, proofs."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import Endpoint, ReadSet
from apps.enforcement.api.filters import CallFilters, DriftFilters, ProofFilters, SyncFilters
from apps.enforcement.api.shapes import CallRow, DriftRow, ProofRow, SyncDetail, SyncRow
from apps.enforcement.downloads import download
from apps.enforcement.models import Call, Drift, Evidence, Proof, Sync
from apps.enforcement.selectors import visible
from apps.identity.who import user_of

_READ = {"list": "enforcement.view", "retrieve": "enforcement.view"}


class SyncSet(ReadSet):
    """Passes of the reconciler, newest first; the detail has the plan."""

    required = _READ
    serializer_class = SyncRow
    filterset_class = SyncFilters
    queryset = Sync.objects.none()

    def get_queryset(self) -> QuerySet[Sync]:
        """Only what this user may see."""
        found = visible.visible_syncs(user_of(self.request))
        return found.defer("plan") if self.action == "list" else found

    def get_serializer_class(self) -> type[SyncRow]:
        """With the plan for one, without it for many."""
        return SyncRow if self.action == "list" else SyncDetail


class DriftSet(ReadSet):
    """Documents of ours that somebody else changed, side by side with what was expected."""

    required = _READ
    serializer_class = DriftRow
    filterset_class = DriftFilters
    queryset = Drift.objects.none()

    def get_queryset(self) -> QuerySet[Drift]:
        """Only what this user may see."""
        return visible.visible_drifts(user_of(self.request))


class CallSet(Endpoint):
    """The last calls to each system."""

    required = {"list": "enforcement.view"}
    serializer_class = CallRow
    filterset_class = CallFilters
    queryset = Call.objects.none()
    ordering = ("-at", "-id")

    def get_queryset(self) -> QuerySet[Call]:
        """Only what this user may see."""
        return visible.visible_calls(user_of(self.request))

    def list(self, request: Request) -> Response:
        """One page."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None  # there is always a paginator
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class ProofSet(ReadSet):
    """What live systems answered, asked as the people concerned."""

    required = _READ
    serializer_class = ProofRow
    filterset_class = ProofFilters
    queryset = Proof.objects.none()

    def get_queryset(self) -> QuerySet[Proof]:
        """Only what this user may see."""
        return visible.visible_proofs(user_of(self.request))


class EvidenceSet(Endpoint):
    """The bytes behind proofs, as they were kept."""

    required = {"retrieve": "enforcement.view"}
    queryset = Evidence.objects.none()

    def get_queryset(self) -> QuerySet[Evidence]:
        """Only what this user may see."""
        return visible.visible_evidence(user_of(self.request))

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def retrieve(self, request: Request, uuid: Any) -> HttpResponse:
        """The bytes; their SHA-256 is in the name and in the book."""
        return download(self.get_object())
