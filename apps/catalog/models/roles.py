"""Who can act in a system: its roles, their memberships and rights, and whose accounts they are."""

import uuid

from django.conf import settings
from django.db import models

from apps.catalog.models.assets import Dataset
from apps.catalog.models.systems import System
from apps.core.refs import Ref, ref


class SystemRole(models.Model):
    """A role of a system, as facts; one that is gone stays, marked vanished."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="roles")
    name = models.CharField(max_length=63)
    login = models.BooleanField(default=False)
    superuser = models.BooleanField(default=False)
    bypass_rls = models.BooleanField(default=False)
    create_role = models.BooleanField(default=False)
    replication = models.BooleanField(default=False)
    valid_until = models.DateTimeField(null=True, blank=True)
    vanished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["system", "name"], name="systemrole_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> Ref:
        """`role:<system>/<name>`."""
        return ref("role", f"{self.system.key}/{self.name}")


class RoleMembership(models.Model):
    """A role granted to another, with what the member may do with it."""

    member = models.ForeignKey(SystemRole, on_delete=models.CASCADE, related_name="member_of")
    role = models.ForeignKey(SystemRole, on_delete=models.CASCADE, related_name="members")
    inherit = models.BooleanField(default=True)
    set = models.BooleanField(default=True)
    admin = models.BooleanField(default=False)

    class Meta:
        ordering = ["member_id", "role_id"]
        constraints = [models.UniqueConstraint(fields=["member", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.role_id}"


class Privilege(models.Model):
    """A right that a role (or everybody, as an empty grantee) holds on a dataset or a column."""

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="privileges")
    grantee = models.CharField(max_length=63, blank=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="privileges")
    column = models.CharField(max_length=63, blank=True)
    privilege = models.CharField(max_length=20)
    grantor = models.CharField(max_length=63, blank=True)

    class Meta:
        ordering = ["dataset_id", "grantee", "privilege", "column"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "grantee", "privilege", "column", "grantor"],
                name="privilege_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.privilege} to {self.grantee or 'PUBLIC'}"


class Account(models.Model):
    """The role that a person or service account has in a system: stated, never guessed."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="accounts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="accounts"
    )
    role = models.CharField(max_length=63)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["system_id", "role"]
        constraints = [
            models.UniqueConstraint(fields=["system", "role"], name="account_role_once"),
            models.UniqueConstraint(fields=["system", "user"], name="account_user_once"),
        ]

    def __str__(self) -> str:
        return self.role

    @property
    def ref(self) -> Ref:
        """`account:<system>/<role>`."""
        return ref("account", f"{self.system.key}/{self.role}")


class Bypass(models.Model):
    """A way to get more than was decided, as found by the last scan, and who gains by it.

    Without a dataset it is about the whole system; `through` names the role, view, child or
    function that it goes through.
    """

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="bypasses")
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.CASCADE, related_name="bypasses"
    )
    kind = models.CharField(max_length=40)
    through = models.CharField(max_length=300)
    principals = models.JSONField(default=list)
    text = models.TextField()
    remedy = models.TextField(blank=True)

    class Meta:
        ordering = ["kind", "through", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "dataset", "kind", "through"],
                nulls_distinct=False,
                name="bypass_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} through {self.through}"
