"""What columns mean: tags, and the taggings that detectors propose and stewards decide."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from apps.catalog.models.assets import Dataset, Field
from apps.catalog.models.words import search_column
from apps.core.refs import Ref, ref

NOTHING_PERSONAL = "public.none"
"""The tag with which a steward says that a column holds nothing to protect."""


class TagState(models.TextChoices):
    """What has been said about a tagging."""

    PROPOSED = "proposed", "Proposed"
    CONFIRMED = "confirmed", "Confirmed"
    REJECTED = "rejected", "Rejected"


MOVES: dict[TagState, frozenset[TagState]] = {
    TagState.PROPOSED: frozenset({TagState.CONFIRMED, TagState.REJECTED}),
    TagState.CONFIRMED: frozenset({TagState.REJECTED}),
    TagState.REJECTED: frozenset({TagState.CONFIRMED}),
}
"""A person may change their mind; a detector never moves anything that a person decided."""


class Tag(models.Model):
    """A classification; `rank` orders tags by how much they ask for (0 public … 30 restricted)."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=63, unique=True)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    rank = models.PositiveSmallIntegerField(default=10)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="narrower"
    )
    personal = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    search = search_column({"name": "A", "key": "B", "description": "C"})

    class Meta:
        ordering = ["key"]
        indexes = [GinIndex(fields=["search"], name="tag_search")]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> Ref:
        """`tag:<key>`."""
        return ref("tag", self.key)


class Tagging(models.Model):
    """A tag on one column or one dataset, with the evidence for it and what a person decided."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    field = models.ForeignKey(
        Field, null=True, blank=True, on_delete=models.CASCADE, related_name="taggings"
    )
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.CASCADE, related_name="taggings"
    )
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="taggings")
    state = models.CharField(max_length=10, choices=TagState.choices, default=TagState.PROPOSED)
    detector = models.CharField(max_length=40, blank=True)
    """The detector that proposed it; empty when a person set it by hand."""
    confidence = models.FloatField(default=0)
    evidence = models.JSONField(default=dict)
    """Counts, rates and masked shapes; never a value of the data."""
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="taggings_decided",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(field__isnull=True) ^ Q(dataset__isnull=True),
                name="tagging_on_one_thing",
            ),
            models.UniqueConstraint(
                fields=["field", "tag"], condition=Q(field__isnull=False), name="tagging_field_once"
            ),
            models.UniqueConstraint(
                fields=["dataset", "tag"],
                condition=Q(dataset__isnull=False),
                name="tagging_dataset_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=TagState.values), name="tagging_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=TagState.PROPOSED) | Q(decided_at__isnull=False),
                name="tagging_decided_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["field"], condition=Q(state=TagState.PROPOSED), name="tagging_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.tag_id} {self.state}"

    @property
    def ref(self) -> Ref:
        """`tagging:<uuid>`."""
        return ref("tagging", self.uuid)
