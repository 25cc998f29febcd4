"""What goes in and comes out of access's REST door."""

from typing import Any

from rest_framework import serializers

from apps.access.models import AccessRequest, Grant
from apps.core.api import Input, Row


class PurposeRow(Row):
    """A purpose."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    active = serializers.BooleanField()


class PurposeInput(Input):
    """A purpose to be added."""

    key = serializers.SlugField(max_length=50)
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=2000, required=False, default="")


class PartyRow(Row):
    """Somebody, as others see them."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()


class ItemInput(Input):
    """One dataset asked for."""

    dataset = serializers.UUIDField()
    columns = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, allow_null=True, default=None,
        max_length=2000,
    )  # fmt: skip
    filter = serializers.JSONField(required=False, allow_null=True, default=None)


class RequestInput(Input):
    """What is asked, why and until when."""

    items = serializers.ListField(child=ItemInput(), min_length=1, max_length=30)
    purpose = serializers.SlugField(max_length=50)
    justification = serializers.CharField(max_length=4000)
    ticket = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    until = serializers.DateTimeField()
    beneficiary = serializers.UUIDField(required=False, allow_null=True, default=None)


class ItemRow(Row):
    """One dataset of a request, with its terms."""

    dataset = serializers.UUIDField(source="dataset.uuid")
    name = serializers.CharField(source="dataset.qualified")
    system = serializers.CharField(source="dataset.system.key")
    columns = serializers.JSONField()
    filter = serializers.JSONField()
    masks = serializers.JSONField()
    route = serializers.JSONField()


class RequestRow(Row):
    """A request."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    state = serializers.ChoiceField(choices=AccessRequest.State.choices)
    requester = PartyRow()
    beneficiary = PartyRow()
    purpose = serializers.CharField(source="purpose.key")
    justification = serializers.CharField()
    ticket = serializers.CharField()
    until = serializers.DateTimeField()
    approval = serializers.UUIDField()
    renews = serializers.CharField(source="renews.key", allow_null=True)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    items = serializers.SerializerMethodField()
    grants = serializers.SerializerMethodField()

    def get_items(self, request: AccessRequest) -> list[dict[str, Any]]:
        """The datasets asked for."""
        return [ItemRow().to_representation(item) for item in request.items.all()]

    def get_grants(self, request: AccessRequest) -> list[str]:
        """Uuids of the grants it became."""
        return [str(grant.uuid) for grant in request.grants.all()]


class GrantRow(Row):
    """A grant. What is in force is under `status`, derived from what the system answered."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    request = serializers.UUIDField(source="request.uuid")
    system = serializers.CharField(source="system.key")
    dataset = serializers.UUIDField(source="dataset.uuid")
    name = serializers.CharField(source="dataset.qualified")
    beneficiary = PartyRow()
    account = serializers.CharField(source="account.role")
    columns = serializers.JSONField()
    filter = serializers.JSONField()
    masks = serializers.JSONField()
    purpose = serializers.CharField(source="purpose.key")
    starts_at = serializers.DateTimeField()
    until = serializers.DateTimeField()
    decided_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.ChoiceField(choices=Grant.EndReason.choices, allow_blank=True)


class RenewInput(Input):
    """Until when, and why still."""

    until = serializers.DateTimeField()
    justification = serializers.CharField(max_length=4000)


class PreviewInput(Input):
    """Which dataset of the request, on which narrowed terms."""

    dataset = serializers.UUIDField()
    terms = serializers.DictField(required=False, default=dict)
