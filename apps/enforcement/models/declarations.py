"""What should be true: rules by owner, their generation, and what was refused of them."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Declaration(models.Model):
    """The rules that one owner (a grant, a policy) wants kept true in one system.

    A withdrawn declaration stays, with the rules it had, so that their absence can be proven.
    `generation` is that of the system's enforcement when it last changed; `next_change` the next
    instant at which a rule begins or ends, null when none does.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=300)
    system = models.ForeignKey(
        "catalog.System", on_delete=models.PROTECT, related_name="declarations"
    )
    rules = models.JSONField()
    generation = models.PositiveBigIntegerField()
    declared_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    next_change = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One declaration per owner and system."""

        ordering = ["system_id", "owner"]
        constraints = [models.UniqueConstraint(fields=["owner", "system"], name="declaration_once")]
        indexes = [
            models.Index(
                fields=["system", "generation"],
                condition=Q(withdrawn_at__isnull=True),
                name="declaration_standing",
            ),
            models.Index(
                fields=["next_change"],
                condition=Q(next_change__isnull=False),
                name="declaration_turning",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner} in {self.system_id}"


class Enforcement(models.Model):
    """How far one system has come: what is wanted (`generation`) and what stands (`observed`).

    `held_plan` is the pass that waits for a person, `held_digest` its fingerprint; `released`
    names the documents whose removal a person has let through. `foreign_digest` is that of the
    foreign documents last reported, so that the same ones are not reported again and again.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    system = models.OneToOneField(
        "catalog.System", on_delete=models.CASCADE, related_name="enforcement"
    )
    generation = models.PositiveBigIntegerField(default=0)
    observed = models.PositiveBigIntegerField(default=0)
    observed_at = models.DateTimeField(null=True, blank=True)
    held = models.BooleanField(default=False)
    held_at = models.DateTimeField(null=True, blank=True)
    held_plan = models.JSONField(null=True, blank=True)
    held_digest = models.CharField(max_length=64, blank=True)
    released = models.JSONField(default=list, blank=True)
    moved_by = models.JSONField(default=dict, blank=True)
    """Who raised the generation since what stands, by ref, with the last one that each raised."""
    last_error = models.TextField(blank=True)
    error_at = models.DateTimeField(null=True, blank=True)
    foreign_digest = models.CharField(max_length=64, blank=True)
    rights = models.JSONField(default=list, blank=True)
    """What we may do there, as `tested_at` found it: name, held, needed_for, remedy."""
    tested_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """What is held says since when, and what."""

        ordering = ["system_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(held=False, held_at=None, held_digest="")
                | (Q(held=True, held_at__isnull=False) & ~Q(held_digest="")),
                name="enforcement_held_says_what",
            ),
            models.CheckConstraint(
                condition=Q(observed__lte=models.F("generation")),
                name="enforcement_observes_the_past",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id}: {self.observed} of {self.generation}"

    @property
    def domain_id(self) -> int | None:
        """The system's domain, in which an operator may act on it."""
        return self.system.domain_id


class Refusal(models.Model):
    """What a system did not take of an owner's rules about a dataset, with the reasons."""

    class Stage(models.TextChoices):
        """When it was refused."""

        RENDER = "render", "It cannot be expressed"
        WRITE = "write", "The system did not take it"

    system = models.ForeignKey("catalog.System", on_delete=models.CASCADE, related_name="refusals")
    owner = models.CharField(max_length=300)
    dataset = models.CharField(max_length=300)
    reasons = models.JSONField()
    stage = models.CharField(max_length=6, choices=Stage, default=Stage.RENDER)
    closed = models.BooleanField(default=False)
    """Whether the dataset is shut for everybody it governs until a person has changed something."""
    at = models.DateTimeField()

    class Meta:
        """One refusal per owner, dataset and stage."""

        ordering = ["system_id", "dataset", "owner"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "owner", "dataset", "stage"], name="refusal_once"
            )
        ]
        indexes = [models.Index(fields=["owner"], name="refusal_by_owner")]

    def __str__(self) -> str:
        return f"{self.owner} on {self.dataset}"
