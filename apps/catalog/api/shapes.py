"""What goes in and comes out of the catalog's REST door."""

from typing import Any

from rest_framework import serializers

from apps.catalog.models import Dataset, DatasetKind, SystemState, TagState
from apps.core.api import Input, Row


class SystemRow(Row):
    """A system; `secrets` are references and never secrets."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    name = serializers.CharField()
    connector = serializers.CharField()
    address = serializers.JSONField()
    secrets = serializers.JSONField()
    sampling = serializers.BooleanField()
    state = serializers.ChoiceField(choices=SystemState.choices)
    server = serializers.CharField()
    scanned_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class SystemInput(Input):
    """A system to be connected."""

    key = serializers.SlugField(max_length=63)
    name = serializers.CharField(max_length=200)
    connector = serializers.CharField(max_length=40, required=False, default="postgresql")
    address = serializers.DictField()
    secrets = serializers.DictField()
    sampling = serializers.BooleanField(required=False, default=False)


class RightRow(Row):
    """A right that we hold or lack there."""

    name = serializers.CharField()
    held = serializers.BooleanField()
    needed_for = serializers.CharField()
    remedy = serializers.CharField()


class DatasetRow(Row):
    """A dataset in a list."""

    uuid = serializers.UUIDField()
    ref = serializers.CharField()
    name = serializers.CharField(source="qualified")
    system = serializers.CharField(source="system.key")
    kind = serializers.ChoiceField(choices=DatasetKind.choices)
    comment = serializers.CharField()
    domain = serializers.CharField(source="domain.key", allow_null=True)
    owner = serializers.CharField(source="owner.email", allow_null=True)
    steward = serializers.CharField(source="steward.email", allow_null=True)
    row_estimate = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    vanished_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class FieldRow(Row):
    """A column."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    type = serializers.CharField()
    nullable = serializers.BooleanField()
    comment = serializers.CharField()
    taggings = serializers.SerializerMethodField()

    def get_taggings(self, field: Any) -> list[dict[str, Any]]:
        """Its tags, proposed and decided ones."""
        return [TaggingRow().to_representation(one) for one in field.taggings.all()]


class DatasetDetail(DatasetRow):
    """A dataset with its columns."""

    columns = serializers.SerializerMethodField()

    def get_columns(self, dataset: Dataset) -> list[dict[str, Any]]:
        """The columns that are there now."""
        return [FieldRow().to_representation(field) for field in dataset.fields.all()]


class TagRow(Row):
    """A tag."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    rank = serializers.IntegerField()
    personal = serializers.BooleanField()


class TaggingRow(Row):
    """A tag on something, with its evidence."""

    uuid = serializers.UUIDField()
    tag = serializers.CharField(source="tag.key")
    state = serializers.ChoiceField(choices=TagState.choices)
    detector = serializers.CharField()
    confidence = serializers.FloatField()
    evidence = serializers.JSONField()
    note = serializers.CharField()
    version = serializers.IntegerField()


class TaggingInput(Input):
    """A tag to be set by hand on a column."""

    field = serializers.UUIDField()
    tag = serializers.CharField(max_length=63)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class VerdictInput(Input):
    """What a steward says to a proposal."""

    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class PlaceInput(Input):
    """Who answers for a dataset; what is not named stays."""

    domain = serializers.SlugField(max_length=50, required=False, allow_null=True)
    owner = serializers.UUIDField(required=False, allow_null=True)
    steward = serializers.UUIDField(required=False, allow_null=True)


class AccountRow(Row):
    """Whose role in a system is whose."""

    uuid = serializers.UUIDField()
    system = serializers.CharField(source="system.key")
    user = serializers.CharField(source="user.email")
    role = serializers.CharField()


class AccountInput(Input):
    """A role that belongs to somebody."""

    system = serializers.SlugField(max_length=63)
    user = serializers.UUIDField()
    role = serializers.CharField(max_length=63)


class FoundRow(Row):
    """Something found."""

    kind = serializers.CharField()
    ref = serializers.CharField()
    uuid = serializers.CharField()
    name = serializers.CharField()
    where = serializers.CharField()
