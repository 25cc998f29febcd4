"""Work as rows: jobs, when the periodic ones are next due, and replies that can be repeated."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from apps.core.refs import Ref, ref


class State(models.TextChoices):
    """Where a job is in its life."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    QUARANTINED = "quarantined", "Quarantined"


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING}),
    State.RUNNING: frozenset({State.DONE, State.QUEUED, State.QUARANTINED}),
    State.DONE: frozenset(),
    State.QUARANTINED: frozenset({State.QUEUED}),
}
"""What may follow what; back to queued is another attempt."""


class Job(models.Model):
    """One piece of work: `name` says what is done, `key` to what.

    Of one name and key at most one runs at a time. `run_at` and the lease are read from the
    database's clock alone, so that machines whose clocks differ agree.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=300)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField()
    run_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=120, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    message = models.TextField(blank=True)
    error = models.TextField(blank=True)
    enqueued_by = models.CharField(max_length=300)
    request_id = models.CharField(max_length=100, blank=True)
    """The request that asked for it; what the job writes down carries it on."""
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name", "key"],
                condition=models.Q(state=State.RUNNING),
                name="job_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=State.values), name="job_state_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=State.RUNNING)
                | models.Q(lease_until__isnull=False) & ~models.Q(claimed_by=""),
                name="job_running_is_claimed",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=State.QUARANTINED) | ~models.Q(error=""),
                name="job_quarantined_has_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["run_at", "id"],
                condition=models.Q(state=State.QUEUED),
                name="job_waiting",
            ),
            models.Index(
                fields=["name", "key"],
                condition=models.Q(state=State.QUEUED),
                name="job_waiting_by_key",
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state=State.RUNNING),
                name="job_leased",
            ),
            models.Index(fields=["state", "-id"], name="job_by_state"),
            models.Index(fields=["name", "-id"], name="job_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"

    @property
    def ref(self) -> Ref:
        """`job:<uuid>`."""
        return ref("job", self.uuid)


class Schedule(models.Model):
    """When something periodic is next due; the row is what keeps two sweeps from both seeing it."""

    name = models.CharField(max_length=100, primary_key=True)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class IdempotentReply(models.Model):
    """What was answered to a creating request, to be answered again when it comes again."""

    actor = models.CharField(max_length=300)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=500)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "idempotent replies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["actor", "method", "path", "key"], name="idempotent_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="idempotent_age")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"
