"""What is to be decided, in which stages, by whom, and what they answered."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.refs import Ref, ref
from apps.identity.permissions import Role


class Approval(models.Model):
    """A question put to reviewers; who registered its kind carries out what is decided."""

    class State(models.TextChoices):
        """Where it stands."""

        PENDING = "pending", "Waiting for a decision"
        APPROVED = "approved", "Approved"
        DENIED = "denied", "Denied"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Not decided in time"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.PENDING: frozenset({State.APPROVED, State.DENIED, State.WITHDRAWN, State.EXPIRED}),
        State.APPROVED: frozenset(),
        State.DENIED: frozenset(),
        State.WITHDRAWN: frozenset(),
        State.EXPIRED: frozenset(),
    }

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=50)
    subject = models.CharField(max_length=300)
    """Ref of what is decided about."""
    title = models.CharField(max_length=300)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approvals_requested"
    )
    beneficiary = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="approvals_benefiting",
    )
    """Who gains by it, when that is not the requester; they may not decide either."""
    domain = models.ForeignKey(
        "identity.Domain", null=True, blank=True, on_delete=models.PROTECT, related_name="approvals"
    )
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    version = models.PositiveIntegerField(default=1)
    """Rises with every answer; a decision names the version that was seen."""
    deadline = models.DateTimeField()
    """No answer by then is a no."""
    context = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Newest first; whatever is no longer pending has its instant."""

        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pending", decided_at=None)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
                name="approval_decided_has_instant",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "approved", "denied", "withdrawn", "expired"]),
                name="approval_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["subject"], name="approval_by_subject"),
            models.Index(fields=["requested_by", "-id"], name="approval_by_requester"),
            models.Index(fields=["deadline"], name="approval_due", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ref(self) -> Ref:
        """`approval:<uuid>`."""
        return ref("approval", self.uuid)

    @property
    def is_pending(self) -> bool:
        """Whether it still waits for answers."""
        return self.state == self.State.PENDING


class Stage(models.Model):
    """One step of the way: so many of these reviewers must approve before the next opens."""

    class State(models.TextChoices):
        """Whether its reviewers are asked."""

        WAITING = "waiting", "Not asked yet"
        OPEN = "open", "Asked now"
        PASSED = "passed", "Passed"

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    needed = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    escalated_at = models.DateTimeField(null=True, blank=True)
    """When too few reviewers were last seen on it, so that administrators are asked as well."""

    class Meta:
        """In order; at least one must approve; one is open at a time."""

        ordering = ["approval_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["approval", "position"], name="stage_once"),
            models.UniqueConstraint(
                fields=["approval"], condition=Q(state="open"), name="stage_one_open"
            ),
            models.CheckConstraint(condition=Q(needed__gte=1), name="stage_needs_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"


class Reviewer(models.Model):
    """Who may answer in a stage: a person, a team, or whoever holds a role when it is decided."""

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="reviewers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="seats",
    )
    team = models.ForeignKey(
        "identity.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="seats"
    )
    role = models.CharField(max_length=10, choices=Role, blank=True)
    domain = models.ForeignKey(
        "identity.Domain", null=True, blank=True, on_delete=models.PROTECT, related_name="seats"
    )

    class Meta:
        """Exactly one of the three; a domain only with a role."""

        ordering = ["stage_id", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team=None, role="", domain=None)
                | Q(user=None, team__isnull=False, role="", domain=None)
                | (Q(user=None, team=None) & ~Q(role="")),
                name="reviewer_one_kind",
            )
        ]
        indexes = [models.Index(fields=["role", "domain"], name="reviewer_by_role")]

    def __str__(self) -> str:
        if self.user:
            return self.user.name
        if self.team:
            return self.team.name
        where = self.domain.name if self.domain else "everywhere"
        return f"{Role(self.role).label}, {where}"


class Verdict(models.Model):
    """What one person answered in a stage, for themselves or on behalf of another."""

    class Answer(models.TextChoices):
        """Yes or no."""

        APPROVE = "approve", "Approve"
        DENY = "deny", "Deny"

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="verdicts")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="verdicts"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="verdicts_by_others",
    )
    answer = models.CharField(max_length=10, choices=Answer)
    note = models.TextField(blank=True)
    terms = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()

    class Meta:
        """In the order given; nobody speaks twice in a stage, nor is spoken for twice."""

        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "by"], name="verdict_once"),
            models.UniqueConstraint(fields=["stage", "on_behalf_of"], name="verdict_once_for"),
            models.CheckConstraint(
                condition=Q(on_behalf_of=None) | ~Q(on_behalf_of=F("by")),
                name="verdict_for_another",
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["approve", "deny"]), name="verdict_answer_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.answer}"


class Delegation(models.Model):
    """For a while, somebody may answer in another's place; what they hold so is not passed on.

    Where a domain or a kind of approval is named, only for what is of that domain or kind.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given"
    )
    taker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_taken"
    )
    valid_from = models.DateTimeField()
    until = models.DateTimeField()
    domain = models.ForeignKey(
        "identity.Domain",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="delegations",
    )
    kind = models.CharField(max_length=50, blank=True, default="")
    reason = models.CharField(max_length=300)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Newest first; to another; it ends after it began."""

        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="delegation_to_another"),
            models.CheckConstraint(
                condition=Q(until__gt=F("valid_from")), name="delegation_ends_later"
            ),
        ]
        indexes = [models.Index(fields=["taker", "until"], name="delegation_by_taker")]

    def __str__(self) -> str:
        return f"{self.taker} for {self.giver}"

    @property
    def ref(self) -> Ref:
        """`delegation:<uuid>`."""
        return ref("delegation", self.uuid)
