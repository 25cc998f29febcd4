"""What identity's addresses take and show."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.core.api import Input, Row
from apps.identity.models import User, UserKind
from apps.identity.permissions import EVERY_PERMISSION, Role


class PersonRow(Row):
    """Enough of a person to name them elsewhere."""

    uuid = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.CharField()
    kind = serializers.ChoiceField(choices=UserKind.choices)


class UserRow(PersonRow):
    """A person or service account."""

    title = serializers.CharField()
    is_active = serializers.BooleanField()
    owner = PersonRow(allow_null=True)
    attributes = serializers.JSONField()
    created_at = serializers.DateTimeField()


@extend_schema_serializer(many=False)
class MeRow(UserRow):
    """Whoever is asking, with what they may do."""

    roles = serializers.SerializerMethodField()
    permissions = serializers.SerializerMethodField()

    def get_roles(self, user: User) -> list[dict[str, str | None]]:
        """The roles held, each with its domain's key or null for everywhere."""
        return list(self.context["roles"])

    def get_permissions(self, user: User) -> list[str]:
        """Names of the permissions held somewhere."""
        return list(self.context["permissions"])


class NewUser(Input):
    """A person to be."""

    email = serializers.CharField(max_length=254)
    name = serializers.CharField(max_length=150)
    title = serializers.CharField(max_length=150, default="", allow_blank=True)
    attributes = serializers.DictField(default=dict)


class NewServiceAccount(Input):
    """A service account to be; `owner` answers for it."""

    email = serializers.CharField(max_length=254)
    name = serializers.CharField(max_length=150)
    owner = serializers.UUIDField()


class NewPassword(Input):
    """The password somebody is to sign in with."""

    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)


class NewOwner(Input):
    """Who is to answer for a service account."""

    owner = serializers.UUIDField()


class ProfileChange(Input):
    """What changes of a profile; the rest stays."""

    name = serializers.CharField(max_length=150, required=False)
    title = serializers.CharField(max_length=150, required=False, allow_blank=True)
    attributes = serializers.DictField(required=False)


class DomainRow(Row):
    """A domain."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    created_at = serializers.DateTimeField()


class NewDomain(Input):
    """A domain to be."""

    key = serializers.CharField(max_length=63)
    name = serializers.CharField(max_length=150)
    description = serializers.CharField(max_length=4000, default="", allow_blank=True)


class MemberRow(Row):
    """Somebody in a team, since when."""

    user = PersonRow()
    since = serializers.DateTimeField()


class TeamRow(Row):
    """A team with its members."""

    uuid = serializers.UUIDField()
    key = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    members = serializers.SerializerMethodField()

    def get_members(self, team: Any) -> list[dict[str, Any]]:
        """Who is in it, and since when."""
        row = MemberRow()
        return [row.to_representation(one) for one in team.memberships.all()]


class NewTeam(Input):
    """A team to be."""

    key = serializers.CharField(max_length=63)
    name = serializers.CharField(max_length=150)


class NewMember(Input):
    """Who is to be in the team."""

    user = serializers.UUIDField()


class AssignmentRow(Row):
    """A role held by a person or a team; domain null is everywhere."""

    uuid = serializers.UUIDField()
    role = serializers.ChoiceField(choices=Role.choices)
    domain = serializers.CharField(source="domain.key", allow_null=True)
    user = PersonRow(allow_null=True)
    team = serializers.CharField(source="team.key", allow_null=True)
    created_at = serializers.DateTimeField()


class NewAssignment(Input):
    """A role to give, to a person or a team; without a domain it is held everywhere."""

    role = serializers.ChoiceField(choices=Role.choices)
    domain = serializers.CharField(max_length=63, allow_null=True, default=None)
    user = serializers.UUIDField(allow_null=True, default=None)
    team = serializers.UUIDField(allow_null=True, default=None)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Exactly one holder."""
        if (given["user"] is None) == (given["team"] is None):
            raise serializers.ValidationError({"user": ["name a user or a team"]})
        return given


class TokenRow(Row):
    """A token without its secret."""

    uuid = serializers.UUIDField()
    user = PersonRow()
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewToken(Input):
    """A token to be, for oneself or a service account one answers for."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(EVERY_PERMISSION)),
        min_length=1,
        max_length=len(EVERY_PERMISSION),
    )
    expires_at = serializers.DateTimeField()
    user = serializers.UUIDField(allow_null=True, default=None)


class IssuedToken(TokenRow):
    """A new token with its secret, which is shown this once."""

    secret = serializers.SerializerMethodField()

    def get_secret(self, token: Any) -> str:
        """The secret, for `Authorization: Bearer …`."""
        return str(self.context["secret"])
