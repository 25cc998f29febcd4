"""How entries, the state of the chain and exports look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.audit.models import Entry
from apps.core.api import Input, Row


class EntryRow(Row):
    """An entry; `seq` and `hash` are null until it is sealed."""

    uuid = serializers.UUIDField()
    seq = serializers.SerializerMethodField()
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    action = serializers.CharField()
    subject = serializers.CharField()
    request = serializers.CharField(allow_null=True)
    hash = serializers.SerializerMethodField()

    def get_seq(self, entry: Entry) -> int | None:
        """Its place in the chain."""
        return entry.seal.seq if hasattr(entry, "seal") else None

    def get_hash(self, entry: Entry) -> str | None:
        """The hash at its place."""
        return entry.seal.hash if hasattr(entry, "seal") else None


class EntryDetail(EntryRow):
    """An entry with all that it says."""

    detail = serializers.SerializerMethodField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    def get_detail(self, entry: Entry) -> dict[str, Any] | None:
        """What else is known about it."""
        return entry.content.get("detail")

    def get_before(self, entry: Entry) -> dict[str, Any] | None:
        """What the change replaced."""
        return entry.content.get("before")

    def get_after(self, entry: Entry) -> dict[str, Any] | None:
        """What it was replaced by."""
        return entry.content.get("after")


class CheckpointRow(Row):
    """A signed statement about a place in the chain."""

    seq = serializers.IntegerField()
    hash = serializers.CharField()
    count = serializers.IntegerField()
    at = serializers.DateTimeField()
    key = serializers.CharField()
    signature = serializers.CharField()


@extend_schema_serializer(many=False)
class StateRow(Row):
    """How far the book is sealed, verified and signed."""

    sealed = serializers.IntegerField()
    sealed_at = serializers.DateTimeField(allow_null=True)
    unsealed = serializers.IntegerField()
    verified = serializers.IntegerField()
    verified_upto = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    intact = serializers.BooleanField()
    broken = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    checkpoint = CheckpointRow(allow_null=True)


class SearchInput(Input):
    """What to export; patterns are separated by commas and may end in a `*`."""

    who = serializers.CharField(required=False, max_length=2000)
    not_who = serializers.CharField(required=False, max_length=2000)
    what = serializers.CharField(required=False, max_length=2000)
    not_what = serializers.CharField(required=False, max_length=2000)
    on = serializers.CharField(required=False, max_length=2000)
    not_on = serializers.CharField(required=False, max_length=2000)
    since = serializers.CharField(required=False, max_length=40)
    until = serializers.CharField(required=False, max_length=40)
    request = serializers.CharField(required=False, max_length=100)


@extend_schema_serializer(many=False)
class CountRow(serializers.Serializer[Any]):
    """How many entries an export would hold."""

    entries = serializers.IntegerField()
