"""Take-overs: what somebody else made, adopted or removed by name, with the way back."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from apps.core.refs import Ref, ref


class TakeOver(models.Model):
    """A plan that changes what others made about one dataset, proposed before it is done.

    `plan` says what is changed and who would lose what; `original` is what stood there, exactly,
    for the way back.
    """

    class State(models.TextChoices):
        """Where a take-over stands."""

        PROPOSED = "proposed", "Waiting for a decision"
        APPROVED = "approved", "Approved, being applied"
        APPLIED = "applied", "Taken over"
        DENIED = "denied", "Denied"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"
        FAILED = "failed", "Could not be done"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.PROPOSED: frozenset({State.APPROVED, State.DENIED}),
        State.APPROVED: frozenset({State.APPLIED, State.FAILED}),
        State.APPLIED: frozenset({State.UNDOING}),
        State.UNDOING: frozenset({State.UNDONE, State.APPLIED}),
        State.DENIED: frozenset(),
        State.UNDONE: frozenset(),
        State.FAILED: frozenset(),
    }

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey("catalog.System", on_delete=models.PROTECT, related_name="takeovers")
    dataset = models.ForeignKey(
        "catalog.Dataset", on_delete=models.PROTECT, related_name="takeovers"
    )
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    plan = models.JSONField()
    original = models.JSONField(null=True, blank=True)
    approval = models.UUIDField(null=True, blank=True, editable=False)
    reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    proposed_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Newest first; one open take-over per dataset."""

        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"],
                condition=models.Q(state__in=["proposed", "approved", "applied", "undoing"]),
                name="takeover_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def domain_id(self) -> int | None:
        """The system's domain, in which an operator may act on it."""
        return self.system.domain_id

    @property
    def key(self) -> str:
        """`TO-<id>`, for people."""
        return f"TO-{self.pk}"

    @property
    def ref(self) -> Ref:
        """`take_over:TO-<id>`."""
        return ref("take_over", self.key)
