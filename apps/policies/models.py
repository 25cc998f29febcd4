"""Policies, and each version of them that somebody proposed."""

import uuid as uuidlib
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.refs import Ref, ref


class Kind(models.TextChoices):
    """What a policy does."""

    GRANT = "grant", "Grants"
    DENY = "deny", "Denies"
    MASK = "mask", "Masks"
    FILTER = "filter", "Filters rows"
    REQUEST = "request", "Lets people ask"


class PolicyTier(models.TextChoices):
    """Who wins: a guardrail over an exception over a standard policy."""

    GUARDRAIL = "guardrail", "Guardrail"
    STANDARD = "standard", "Standard"
    EXCEPTION = "exception", "Exception"


class Terms(models.Model):
    """What a policy says at one time: all of it, so that a version can stand for itself."""

    name = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    tier = models.CharField(max_length=10, choices=PolicyTier, default=PolicyTier.STANDARD)
    domain = models.ForeignKey(
        "identity.Domain", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """Only datasets of this domain are meant; without one, all are."""
    definition = models.JSONField()
    """Whom it is about and what it says, as `parsing` reads it."""
    valid_from = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Only the classes beneath have tables."""

        abstract = True

    TERMS: ClassVar[tuple[str, ...]] = (
        *("name", "description", "kind", "tier", "domain", "definition", "valid_from", "until"),
    )

    @property
    def terms(self) -> dict[str, Any]:
        """What it says, by field."""
        return {name: getattr(self, name) for name in self.TERMS}


class Policy(Terms):
    """A standing rule. Its terms are those of the version in force, or of the first proposal."""

    class State(models.TextChoices):
        """Whether it stands."""

        DRAFT = "draft", "Proposed"
        ACTIVE = "active", "In force"
        RETIRED = "retired", "Retired"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.DRAFT: frozenset({State.ACTIVE, State.RETIRED}),
        State.ACTIVE: frozenset({State.ACTIVE, State.RETIRED}),
        State.RETIRED: frozenset({State.ACTIVE}),
    }

    uuid = models.UUIDField(unique=True, default=uuidlib.uuid4, editable=False)
    key = models.SlugField(max_length=63, unique=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="policies_owned"
    )
    """Who answers for it: whoever proposed the version in force."""
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    number = models.PositiveIntegerField(default=0)
    """The version in force; 0 before the first."""
    version = models.PositiveIntegerField(default=1)
    """Rises with every change of this row."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Listed by name; what is known of its kind, tier and state; it ends after it began."""

        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="policy_kind_known"),
            models.CheckConstraint(
                condition=Q(tier__in=PolicyTier.values), name="policy_tier_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "active", "retired"]), name="policy_state_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(until=None) | Q(until__gt=F("valid_from")),
                name="policy_ends_later",
            ),
            models.CheckConstraint(
                condition=~Q(tier="exception") | Q(until__isnull=False),
                name="policy_exception_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["kind"], condition=Q(state="active"), name="policy_in_force")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> Ref:
        """`policy:<key>`, under which enforcement keeps its rules."""
        return ref("policy", self.key)

    @property
    def origin(self) -> Ref:
        """`policy:<key>@<version>`, the origin of the rules made from it."""
        return ref("policy", f"{self.key}@{self.number}")


class PolicyVersion(Terms):
    """One proposal: what the policy is to say from now on, or that it is to be retired."""

    class State(models.TextChoices):
        """What became of the proposal."""

        PROPOSED = "proposed", "Waiting for a decision"
        ACTIVE = "active", "In force"
        SUPERSEDED = "superseded", "Replaced by a later version"
        RETIRED = "retired", "Retired"
        REFUSED = "refused", "Not approved"

    class Change(models.TextChoices):
        """What it asks for."""

        SAY = "say", "To be in force"
        RETIRE = "retire", "To be retired"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.PROPOSED: frozenset({State.ACTIVE, State.RETIRED, State.REFUSED}),
        State.ACTIVE: frozenset({State.SUPERSEDED, State.RETIRED}),
        State.SUPERSEDED: frozenset(),
        State.RETIRED: frozenset(),
        State.REFUSED: frozenset(),
    }

    uuid = models.UUIDField(unique=True, default=uuidlib.uuid4, editable=False)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    change = models.CharField(max_length=10, choices=Change, default=Change.SAY)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    reason = models.TextField()
    """Why it is proposed."""
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="policy_proposals"
    )
    proposed_at = models.DateTimeField()
    approval = models.UUIDField(null=True, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Newest first; a number once; one proposal and one version in force at a time."""

        ordering = ["policy_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policyversion_once"),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(state="proposed"), name="policyversion_one_proposal"
            ),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(state="active"), name="policyversion_one_active"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None)
                | (~Q(state="proposed") & Q(decided_at__isnull=False)),
                name="policyversion_decided_has_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy.key}@{self.number}"

    @property
    def ref(self) -> Ref:
        """`policy:<key>@<version>`."""
        return ref("policy", f"{self.policy.key}@{self.number}")
