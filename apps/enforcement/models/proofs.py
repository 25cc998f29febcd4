"""Proofs: what a live system answered when asked as somebody, and the bytes kept of it."""

import uuid
from base64 import b64encode

from django.db import models
from django.db.models.functions import Now


class Evidence(models.Model):
    """Bytes as they were, under their SHA-256 (hexadecimal); never changed, no values of data."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    media_type = models.CharField(max_length=100, default="application/json")
    body = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        return self.sha256

    @property
    def base64(self) -> str:
        """The SHA-256 as HTTP writes digests."""
        return b64encode(bytes.fromhex(self.sha256)).decode()


class Proof(models.Model):
    """One answer of a live system, asked as a principal on behalf of an owner's rules.

    The same answer again is counted (`times`, `asked_at`) and not kept again; any other answer is
    a row of its own. `generation` is the one that stood when it was first asked.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=300)
    system = models.ForeignKey("catalog.System", on_delete=models.CASCADE, related_name="proofs")
    dataset = models.ForeignKey(
        "catalog.Dataset", null=True, blank=True, on_delete=models.SET_NULL, related_name="proofs"
    )
    dataset_name = models.CharField(max_length=300)
    principal = models.CharField(max_length=300)
    sync = models.ForeignKey(
        "enforcement.Sync", null=True, blank=True, on_delete=models.SET_NULL, related_name="proofs"
    )
    generation = models.PositiveBigIntegerField()
    agrees = models.BooleanField()
    allowed = models.BooleanField()
    """Whether the decision lets the principal read anything at all."""
    checks = models.JSONField()
    server = models.CharField(max_length=200, blank=True)
    first_asked_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="proofs")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Newest first."""

        ordering = ["-id"]
        indexes = [
            models.Index(fields=["owner", "system", "-id"], name="proof_by_owner"),
            models.Index(fields=["system", "asked_at"], name="proof_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.principal} on {self.dataset_name}: {'agrees' if self.agrees else 'differs'}"
