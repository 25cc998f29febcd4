"""People and service accounts, their teams and roles, and the tokens they call the API with."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.conf import settings
from django.contrib.auth import get_backends
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from apps.core.refs import Ref, ref
from apps.identity.permissions import Role


class UserKind(models.TextChoices):
    """Whether a human being or a machine is behind an account."""

    PERSON = "person", "Person"
    SERVICE = "service", "Service account"


class UserManager(BaseUserManager["User"]):
    """Finds people by their e-mail address, in whatever case it is written."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user who signs in with this address."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person, or a service account that a person answers for."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    """Lower case; what they sign in with, and the key of their ref."""
    name = models.CharField(max_length=150)
    title = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=10, choices=UserKind, default=UserKind.PERSON)
    owner = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="service_accounts"
    )
    """Who answers for a service account."""
    attributes = models.JSONField(default=dict, blank=True)
    """What policies can ask about a person, for instance `{"region": "EU"}`."""
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    token_scopes: frozenset[str] | None = None
    """Set on the instance that came in with an API token: all that it may do at most."""

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        """Listed by name; an address is lower case; exactly service accounts have an owner."""

        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(
                condition=Q(kind=UserKind.PERSON, owner=None)
                | Q(kind=UserKind.SERVICE, owner__isnull=False),
                name="user_service_has_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> Ref:
        """`user:<email>`."""
        return ref("user", self.email)

    @property
    def is_service(self) -> bool:
        """Whether this is a service account."""
        return self.kind == UserKind.SERVICE

    def has_perm(self, permission: str, obj: object | None = None) -> bool:
        """Whether this user may, anywhere or, given an object, in that object's domain."""
        return any(
            backend.has_perm(self, permission, cast(models.Model | None, obj))
            for backend in get_backends()
        )

    def has_perms(self, permissions: Iterable[str], obj: object | None = None) -> bool:
        """Whether this user may do all of these."""
        return all(self.has_perm(permission, obj) for permission in permissions)


class Domain(models.Model):
    """A part of the company that answers for its data, such as finance."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=150)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Listed by name."""

        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> Ref:
        """`domain:<key>`."""
        return ref("domain", self.key)


class Team(models.Model):
    """People who work together; roles can be held through it."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=150)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="TeamMembership", related_name="teams"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Listed by name."""

        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> Ref:
        """`team:<key>`."""
        return ref("team", self.key)


class TeamMembership(models.Model):
    """Somebody is in a team; leaving it removes the row, the audit book keeps both."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    since = models.DateTimeField()

    class Meta:
        """Once per person and team."""

        ordering = ["team_id", "user_id"]
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class RoleAssignment(models.Model):
    """A person or a team holds a role, in one domain or, without one, everywhere."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assignments",
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments"
    )
    role = models.CharField(max_length=10, choices=Role)
    domain = models.ForeignKey(
        Domain, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """One holder, a person or a team; each once; administrators are so everywhere."""

        ordering = ["role", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team=None) | Q(user=None, team__isnull=False),
                name="assignment_one_holder",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="assignment_role_known"),
            models.CheckConstraint(
                condition=~Q(role=Role.ADMIN) | Q(domain=None), name="assignment_admin_everywhere"
            ),
            models.UniqueConstraint(
                fields=["user", "team", "role", "domain"],
                nulls_distinct=False,
                name="assignment_once",
            ),
        ]
        indexes = [models.Index(fields=["role", "domain"], name="assignment_by_role")]

    def __str__(self) -> str:
        where = self.domain.name if self.domain else "everywhere"
        return f"{self.holder}: {self.get_role_display()}, {where}"

    @property
    def holder(self) -> User | Team:
        """The person or team that holds the role."""
        holder = self.user or self.team
        assert holder is not None  # assignment_one_holder
        return holder

    @property
    def ref(self) -> Ref:
        """`assignment:<uuid>`."""
        return ref("assignment", self.uuid)


class ApiToken(models.Model):
    """A secret to call the API with; only its hash is kept, so it can be shown but once."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tokens"
    )
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    """The secret's first characters, by which people recognise it."""
    hash = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the secret, which has 256 bits of its own: nothing to guess, nothing to salt."""
    scopes = ArrayField(models.CharField(max_length=50))
    """Permission names; the token gives those of them that its user holds at the time."""
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        """Newest first; it ends after it began."""

        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="token_ends_later"
            )
        ]
        indexes = [models.Index(fields=["user", "-id"], name="token_by_user")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def ref(self) -> Ref:
        """`token:<uuid>`."""
        return ref("token", self.uuid)

    def is_valid(self, at: datetime) -> bool:
        """Whether it opens anything at that instant."""
        return self.revoked_at is None and at < self.expires_at
