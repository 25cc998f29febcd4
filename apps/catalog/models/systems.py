"""The places that hold data, and the passes in which we listed what they hold."""

import uuid

from django.db import models

from apps.core.refs import Ref, ref


class SystemState(models.TextChoices):
    """Whether we work with a system."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"


class RunState(models.TextChoices):
    """How a scan went."""

    CHANGED = "changed", "Something had changed"
    FAILED = "failed", "Failed"


class System(models.Model):
    """A place that holds data; `secrets` holds references to secrets and never a secret.

    `address` is host, port, dbname and sslmode; `secrets` maps `scan`, `apply` and `probe` to
    `{"user": …, "secret": "env:…"}`, and `mask_key` to the reference of the key for masks.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    connector = models.CharField(max_length=40, default="postgresql")
    address = models.JSONField(default=dict)
    secrets = models.JSONField(default=dict)
    domain = models.ForeignKey(
        "identity.Domain", null=True, blank=True, on_delete=models.PROTECT, related_name="systems"
    )
    sampling = models.BooleanField(default=False)
    """Whether values may be looked at to classify columns; they are never stored."""
    state = models.CharField(max_length=10, choices=SystemState.choices, default=SystemState.ACTIVE)
    server = models.CharField(max_length=200, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    """Of the content at the last scan that changed anything."""
    scanned_at = models.DateTimeField(null=True, blank=True)
    """When a scan last changed anything here."""
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=SystemState.values), name="system_state_known"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> Ref:
        """`source:<key>`; `system:` names Seneschal itself acting."""
        return ref("source", self.key)


class ScanRun(models.Model):
    """One scan that changed something or failed; one without a change leaves no row."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=RunState.choices)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["system", "-started_at"], name="scanrun_latest")]

    def __str__(self) -> str:
        return f"{self.system_id} {self.started_at:%Y-%m-%d %H:%M}"
