"""What somebody must look at, under a fingerprint that stays the same from one look to the next."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When

from apps.core.refs import Ref, ref


class Severity(models.TextChoices):
    """How bad it is while it lasts."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class FindingQuerySet(models.QuerySet["Finding"]):
    """Findings by what to look at first."""

    def worst_first(self) -> "FindingQuerySet":
        """Critical before high, among equals the longest open."""
        rank = Case(
            *(When(severity=value, then=Value(at)) for at, value in enumerate(Severity.values)),
            output_field=IntegerField(),
        )
        return self.order_by(rank.desc(), "opened_at", "id")


class Finding(models.Model):
    """Something wrong, opened and closed by measurement alone."""

    class State(models.TextChoices):
        """Whether it was there when last measured."""

        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.OPEN: frozenset({State.CLOSED}),
        State.CLOSED: frozenset({State.OPEN}),
    }

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    fingerprint = models.CharField(max_length=64, unique=True)
    """SHA-256 of kind, scope and key: the same trouble is the same finding."""
    kind = models.CharField(max_length=60)
    scope = models.CharField(max_length=200)
    """What was measured in one go, for instance one system; it closes only what it looked at."""
    severity = models.CharField(max_length=10, choices=Severity)
    subject = models.CharField(max_length=300)
    """Ref of what is wrong."""
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    domain = models.ForeignKey(
        "identity.Domain", null=True, blank=True, on_delete=models.PROTECT, related_name="findings"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    times_opened = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        """Newest first; a closed one has its instant."""

        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None)
                | Q(state="closed", closed_at__isnull=False),
                name="finding_closed_has_instant",
            ),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="finding_severity_known"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "scope", "state"], name="finding_by_measure"),
            models.Index(fields=["subject", "state"], name="finding_by_subject"),
            models.Index(fields=["state", "-id"], name="finding_by_state"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ref(self) -> Ref:
        """`finding:<uuid>`."""
        return ref("finding", self.uuid)

    @property
    def is_open(self) -> bool:
        """Whether it was there when last measured."""
        return self.state == self.State.OPEN
