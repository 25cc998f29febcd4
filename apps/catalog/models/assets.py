"""What is in a system: datasets, their columns and their keys."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.catalog.models.systems import System
from apps.catalog.models.words import search_column
from apps.connectors.names import qualified
from apps.core.refs import Ref, ref


class DatasetKind(models.TextChoices):
    """What kind of relation a dataset is."""

    TABLE = "table", "Table"
    VIEW = "view", "View"
    MATERIALIZED_VIEW = "materialized_view", "Materialised view"
    PARTITIONED_TABLE = "partitioned_table", "Partitioned table"
    PARTITION = "partition", "Partition"
    FOREIGN_TABLE = "foreign_table", "Foreign table"


class KeyKind(models.TextChoices):
    """What a key promises."""

    PRIMARY = "primary", "Primary key"
    UNIQUE = "unique", "Unique"
    FOREIGN = "foreign", "Foreign key"


class Dataset(models.Model):
    """A table, view or the like as it was last seen; one that is gone stays, marked vanished."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="datasets")
    schema = models.CharField(max_length=63)
    name = models.CharField(max_length=63)
    kind = models.CharField(max_length=20, choices=DatasetKind.choices)
    owner_role = models.CharField(max_length=63, blank=True)
    comment = models.TextField(blank=True)
    domain = models.ForeignKey(
        "identity.Domain", null=True, blank=True, on_delete=models.PROTECT, related_name="datasets"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="owned_datasets",
    )
    steward = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="stewarded_datasets",
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    row_estimate = models.BigIntegerField(default=-1)
    """As the system's planner believes; -1 when it does not know."""
    size_bytes = models.BigIntegerField(default=0)
    reads = models.JSONField(default=list)
    """For a view: the `schema.name`s that it reads directly."""
    security_invoker = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    """When it was last seen changed; for a vanished dataset, when it was last known to be there."""
    vanished_at = models.DateTimeField(null=True, blank=True)
    examined = models.CharField(max_length=64, blank=True)
    """Fingerprint of what the detectors last looked at; the same again is not examined again."""
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    search = search_column({"name": "A", "schema": "B", "comment": "C"})

    class Meta:
        ordering = ["schema", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["system", "schema", "name"], name="dataset_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=DatasetKind.values), name="dataset_kind_known"
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="dataset_search"),
            models.Index(
                fields=["schema", "name", "id"],
                condition=models.Q(vanished_at__isnull=True),
                name="dataset_listed",
            ),
        ]

    def __str__(self) -> str:
        return self.qualified

    @property
    def qualified(self) -> str:
        """`schema.name`, as rules and connectors write it."""
        return qualified(self.schema, self.name)

    @property
    def ref(self) -> Ref:
        """`dataset:<system>/<schema.name>`."""
        return ref("dataset", f"{self.system.key}/{self.qualified}")


class Field(models.Model):
    """A column of a dataset as it was last seen."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="fields")
    name = models.CharField(max_length=63)
    position = models.PositiveIntegerField()
    type = models.TextField()
    nullable = models.BooleanField(default=True)
    comment = models.TextField(blank=True)
    vanished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    search = search_column({"name": "A", "comment": "C"})

    class Meta:
        ordering = ["dataset_id", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="field_once"),
        ]
        indexes = [GinIndex(fields=["search"], name="field_search")]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> Ref:
        """`field:<system>/<schema.name>/<column>`."""
        return ref("field", f"{self.dataset.system.key}/{self.dataset.qualified}/{self.name}")


class Key(models.Model):
    """A primary, unique or foreign key of a dataset."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=63)
    kind = models.CharField(max_length=10, choices=KeyKind.choices)
    columns = models.JSONField(default=list)
    to_dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.SET_NULL, related_name="referenced_by"
    )
    to_columns = models.JSONField(default=list)

    class Meta:
        ordering = ["dataset_id", "name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="key_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=KeyKind.values), name="key_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
