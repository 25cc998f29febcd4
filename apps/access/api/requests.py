"""Requests at the REST door: ask, look, weigh, preview, take back."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.api.consequence import consequence_json, preview_json
from apps.access.api.shapes import PreviewInput, RequestInput, RequestRow
from apps.access.models import AccessRequest, Purpose
from apps.access.reconsider import request_of
from apps.access.routes import Asked
from apps.access.selectors.consequence import consequence_of
from apps.access.selectors.requests import visible_requests
from apps.access.services.previews import preview_item
from apps.access.services.requests import submit_request, withdraw_request
from apps.approvals import selectors as approvals
from apps.catalog.models import Dataset
from apps.core.api import WriteSet
from apps.core.errors import Forbidden, Invalid
from apps.identity.models import User
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate
from apps.semantics import codec
from apps.semantics.filters import EVERYTHING


class RequestSet(IdempotentCreate, WriteSet):
    """Access requests that the user made, is meant by, decides or oversees."""

    required = {
        "list": "access.view",
        "retrieve": "access.view",
        "create": "access.request",
        "withdraw": "access.request",
        "consequence": "approvals.decide",
        "preview": "approvals.decide",
    }
    idempotent = frozenset({"create"})
    queryset = AccessRequest.objects.none()
    serializer_class = RequestRow
    filterset_fields = ("state",)
    within_domain = False

    def get_queryset(self) -> QuerySet[AccessRequest]:
        """Only what this user may see."""
        found = visible_requests(user_of(self.request))
        if self.action == "withdraw":
            found = found.filter(requester=user_of(self.request))
        return found.prefetch_related("items__dataset__system", "grants")

    @extend_schema(request=RequestInput, responses={201: RequestRow})
    def create(self, request: Request) -> Response:
        """Ask for datasets."""
        given = self.read(RequestInput)
        user = user_of(self.request)
        made = submit_request(
            requester=user,
            beneficiary=_beneficiary(user, given["beneficiary"]),
            items=_asked(given["items"]),
            purpose=_purpose(given["purpose"]),
            justification=given["justification"],
            ticket=given["ticket"],
            until=given["until"],
            at=timezone.now(),
            actor=user,
        )
        return self.respond(made, status=201)

    @extend_schema(request=None, responses=RequestRow)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uuid: Any) -> Response:
        """Take a pending request back; only who asked may."""
        withdraw_request(
            request=self.get_object(),
            at=timezone.now(),
            actor=user_of(request),
        )
        return self.respond(self.get_object())

    @extend_schema(responses={200: dict})
    @action(detail=True, methods=["get"])
    def consequence(self, request: Request, uuid: Any) -> Response:
        """What approving would do now: documents, columns, rows, who else holds it, which rule."""
        asked = self.get_object()
        found = consequence_of(asked, {}, timezone.now())
        return Response([consequence_json(one) for one in found])

    @extend_schema(request=PreviewInput, responses={200: dict})
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, uuid: Any) -> Response:
        """A few live rows as the requester would see them; only for who may decide. Audited."""
        asked, at = self.get_object(), timezone.now()
        approval = approvals.approval_of(asked.approval)
        if not approvals.may_decide(user_of(request), approval, at):
            raise Forbidden("Only those who decide this request may look at its rows.")
        given = self.read(PreviewInput)
        rows = preview_item(
            request=request_of(approval),
            dataset_uuid=str(given["dataset"]),
            terms=given["terms"],
            viewer=user_of(request),
            at=at,
            actor=user_of(request),
        )
        return Response(preview_json(rows))


def _asked(items: list[dict[str, Any]]) -> list[Asked]:
    found = Dataset.objects.filter(uuid__in=[item["dataset"] for item in items])
    by_uuid = {dataset.uuid: dataset for dataset in found.select_related("system", "domain")}
    return [_item(number, item, by_uuid) for number, item in enumerate(items)]


def _item(number: int, item: dict[str, Any], by_uuid: dict[Any, Dataset]) -> Asked:
    at = f"items.{number}"
    dataset = by_uuid.get(item["dataset"])
    if dataset is None:
        raise Invalid("There is no such dataset.", fields={f"{at}.dataset": "unknown"})
    rows = item["filter"]
    return Asked(
        dataset=dataset,
        columns=None if item["columns"] is None else frozenset(item["columns"]),
        filter=EVERYTHING if rows is None else codec.decode_filter(rows, f"{at}.filter"),
    )


def _purpose(key: str) -> Purpose:
    purpose = Purpose.objects.filter(key=key).first()
    if purpose is None:
        raise Invalid(f"There is no purpose {key}.", fields={"purpose": "unknown"})
    return purpose


def _beneficiary(user: User, uuid: Any) -> User:
    if uuid is None or uuid == user.uuid:
        return user
    meant = user.service_accounts.filter(uuid=uuid).first()
    if meant is None:
        raise Invalid(
            "You may ask for yourself and for service accounts you answer for.",
            fields={"beneficiary": "neither you nor yours"},
        )
    return meant
