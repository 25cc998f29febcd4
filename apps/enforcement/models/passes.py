"""Passes of the reconciler: what each did, what stands since, and what others changed."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AppliedDocument(models.Model):
    """What we last made stand in a system under a name; the truth of what is ours.

    `pending` says that `intended` (null: its removal) was about to be sent and that nobody has
    looked since: after a crash either of the two may stand there, and both are ours.
    """

    system = models.ForeignKey("catalog.System", on_delete=models.CASCADE, related_name="documents")
    name = models.CharField(max_length=300)
    dataset = models.CharField(max_length=300, blank=True)
    document = models.JSONField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    pending = models.BooleanField(default=False)
    intended = models.JSONField(null=True, blank=True)

    class Meta:
        """One row per name; a row without a document exists only while something is pending."""

        ordering = ["system_id", "name"]
        constraints = [
            models.UniqueConstraint(fields=["system", "name"], name="applied_once"),
            models.CheckConstraint(
                condition=Q(pending=True) | Q(document__isnull=False), name="applied_is_something"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Sync(models.Model):
    """One pass of the reconciler, or a row of passes alike (`passes`) that did nothing.

    `plan` is a list of changes as `apps.enforcement.plan` writes them; `digest` its fingerprint.
    """

    class Outcome(models.TextChoices):
        """How it ended."""

        RUNNING = "running", "Under way"
        NOOP = "noop", "Nothing to do"
        APPLIED = "applied", "Applied and read back"
        HELD = "held", "Held for a person"
        REFUSED = "refused", "The system refused a part"
        UNREACHABLE = "unreachable", "The system did not answer"
        FAILED = "failed", "Not as intended afterwards"
        INTERRUPTED = "interrupted", "Broke off before its end"

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey("catalog.System", on_delete=models.CASCADE, related_name="syncs")
    generation = models.PositiveBigIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    passes = models.PositiveIntegerField(default=1)
    plan = models.JSONField(default=list)
    changes = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    writes = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True)
    actor = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Newest first; at most one pass is under way in a system."""

        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="running", finished_at=None)
                | (~Q(outcome="running") & Q(finished_at__isnull=False)),
                name="sync_ended_says_when",
            ),
            models.UniqueConstraint(
                fields=["system"], condition=Q(outcome="running"), name="sync_one_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["system", "-id"], name="sync_latest"),
            models.Index(fields=["system", "generation", "id"], name="sync_of_generation"),
        ]

    def __str__(self) -> str:
        return f"{self.system_id} {self.outcome} {self.started_at:%Y-%m-%d %H:%M}"


class Drift(models.Model):
    """A document of ours that somebody else changed: what stood there beside what should have."""

    class Kind(models.TextChoices):
        """What had happened to it."""

        ALTERED = "altered", "Changed by hand"
        GONE = "gone", "Taken away by hand"
        EXTRA = "extra", "Made by hand with our mark"

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey("catalog.System", on_delete=models.CASCADE, related_name="drifts")
    name = models.CharField(max_length=300)
    dataset = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=8, choices=Kind)
    expected = models.JSONField(null=True, blank=True)
    found = models.JSONField(null=True, blank=True)
    found_at = models.DateTimeField()
    righted_at = models.DateTimeField(null=True, blank=True)
    sync = models.ForeignKey(
        Sync, null=True, blank=True, on_delete=models.SET_NULL, related_name="drifts"
    )

    class Meta:
        """Newest first; a document drifts once at a time."""

        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "name"],
                condition=Q(righted_at__isnull=True),
                name="drift_once_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["system", "-id"], name="drift_latest")]

    def __str__(self) -> str:
        return f"{self.name} {self.kind}"


class Call(models.Model):
    """One of the last calls to a system: a ring of `KEPT` rows, overwritten in turn."""

    KEPT = 20

    system = models.ForeignKey("catalog.System", on_delete=models.CASCADE, related_name="calls")
    slot = models.PositiveSmallIntegerField()
    number = models.PositiveBigIntegerField()
    verb = models.CharField(max_length=20)
    about = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    ms = models.FloatField()
    ok = models.BooleanField()
    error = models.TextField(blank=True)
    times = models.PositiveIntegerField(default=1)
    """How many like it in a row this stands for; the time and duration are the last one's."""

    class Meta:
        """Newest first; a slot holds one call."""

        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["system", "slot"], name="call_slot_once"),
            models.CheckConstraint(condition=Q(slot__lt=20), name="call_ring_is_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.about}"
