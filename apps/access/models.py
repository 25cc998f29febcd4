"""Requests for data and the grants they become."""

import uuid as uuidlib
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.refs import Ref, ref


class Purpose(models.Model):
    """Why data may be used; a grant is bound to exactly one."""

    uuid = models.UUIDField(default=uuidlib.uuid4, unique=True, editable=False)
    key = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Listed by name."""

        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> Ref:
        """`purpose:<key>`."""
        return ref("purpose", self.key)


class AccessRequest(models.Model):
    """Somebody asks that they, or a service account they answer for, may read datasets."""

    class State(models.TextChoices):
        """Where a request stands."""

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

    uuid = models.UUIDField(default=uuidlib.uuid4, unique=True, editable=False)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requests_made"
    )
    beneficiary = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requests_for"
    )
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT)
    ticket = models.CharField(max_length=80, blank=True)
    justification = models.TextField(max_length=4000)
    until = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    approval = models.UUIDField(null=True, editable=False)
    renews = models.ForeignKey(
        "Grant", null=True, blank=True, on_delete=models.PROTECT, related_name="renewals"
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first; a decided request has its instant."""

        ordering = ["-id"]
        indexes = [
            models.Index(fields=["requester", "-id"], name="access_request_by_requester"),
            models.Index(fields=["beneficiary", "-id"], name="access_request_by_benefit"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("created_at")), name="access_request_ends_later"
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at=None)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
                name="access_request_decided_has_instant",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """`REQ-<id>`, for people."""
        return f"REQ-{self.pk}"

    @property
    def ref(self) -> Ref:
        """`request:REQ-<id>`."""
        return ref("request", self.key)


class RequestedItem(models.Model):
    """One dataset of a request, with the terms its request policy makes obligatory.

    `columns` are the names asked for, all that there were when nobody chose. `filter` and `masks`
    are in the JSON of `semantics.codec`; masks by column name.
    """

    request = models.ForeignKey(AccessRequest, on_delete=models.CASCADE, related_name="items")
    dataset = models.ForeignKey("catalog.Dataset", on_delete=models.PROTECT)
    columns = models.JSONField()
    filter = models.JSONField()
    masks = models.JSONField(default=dict, blank=True)
    route = models.JSONField(default=dict, blank=True)
    """What sent it to its reviewers: the request policy's ref and sentences."""

    class Meta:
        """A dataset stands once in a request."""

        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "dataset"], name="access_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.request.key}: {self.dataset}"


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants by what they are at an instant."""

    def live(self, at: datetime) -> "GrantQuerySet":
        """Neither ended nor past their end at that instant."""
        return self.filter(ended_at=None, starts_at__lte=at, until__gt=at)

    def due(self, at: datetime) -> "GrantQuerySet":
        """Past their end and not ended yet."""
        return self.filter(ended_at=None, until__lte=at)


class Grant(models.Model):
    """Read access to one dataset for one account, until an instant.

    What is in force is never stored here: it is derived from what enforcement proved.
    """

    class EndReason(models.TextChoices):
        """Why a grant is no more."""

        EXPIRED = "expired", "Its time was over"
        REVOKED = "revoked", "Ended by a person"
        INELIGIBLE = "ineligible", "The person was no longer eligible"
        SUPERSEDED = "superseded", "Renewed by another grant"

    uuid = models.UUIDField(default=uuidlib.uuid4, unique=True, editable=False)
    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="grants")
    system = models.ForeignKey("catalog.System", on_delete=models.PROTECT)
    dataset = models.ForeignKey("catalog.Dataset", on_delete=models.PROTECT)
    beneficiary = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="grants"
    )
    account = models.ForeignKey("catalog.Account", on_delete=models.PROTECT)
    columns = models.JSONField()
    filter = models.JSONField()
    masks = models.JSONField(default=dict, blank=True)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT)
    starts_at = models.DateTimeField()
    until = models.DateTimeField()
    decided_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=12, choices=EndReason, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        """Newest first; ended grants say why; one live grant per account, dataset and purpose."""

        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["until"], name="access_grant_due", condition=Q(ended_at__isnull=True)
            ),
            models.Index(fields=["beneficiary", "-id"], name="access_grant_by_person"),
            models.Index(fields=["dataset", "-id"], name="access_grant_by_dataset"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("starts_at")), name="access_grant_ends_later"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="")
                | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="access_grant_ended_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """`G-<id>`, for people."""
        return f"G-{self.pk}"

    @property
    def ref(self) -> Ref:
        """`grant:G-<id>`, under which enforcement keeps its rules and proofs."""
        return ref("grant", self.key)
