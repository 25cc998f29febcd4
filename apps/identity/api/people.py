"""People and service accounts, and oneself."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import SIGNED_IN, Endpoint, WriteSet
from apps.core.errors import Invalid
from apps.identity import selectors, services
from apps.identity.api.shapes import (
    MeRow,
    NewOwner,
    NewPassword,
    NewServiceAccount,
    NewUser,
    ProfileChange,
    UserRow,
)
from apps.identity.models import Domain, User
from apps.identity.permissions import EVERY_PERMISSION
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate


def person_with(uuid: UUID, *, field: str) -> User:
    """The account with this uuid. Raises Invalid, naming the field, when there is none."""
    found = User.objects.select_related("owner").filter(uuid=uuid).first()
    if found is None:
        raise Invalid("There is no such account.", fields={field: "unknown"})
    return found


class MeSet(Endpoint):
    """Whoever is asking."""

    required = {"list": SIGNED_IN}
    serializer_class = MeRow
    pagination_class = None
    filter_backends = ()

    @extend_schema(responses=MeRow, operation_id="me_retrieve")
    def list(self, request: Request) -> Response:
        """Who I am and what I may do, as far as this token or sign-in goes."""
        user = user_of(request)
        keys = dict(Domain.objects.values_list("pk", "key"))
        held = selectors.remembered_roles_of(user)
        roles = [
            {"role": one.role.value, "domain": keys[one.domain] if one.domain else None}
            for one in held
        ]
        context = {
            "roles": sorted(roles, key=lambda one: (str(one["role"]), one["domain"] or "")),
            "permissions": sorted(name for name in EVERY_PERMISSION if user.has_perm(name)),
        }
        return Response(MeRow(user, context=context).data)


class UserSet(IdempotentCreate, WriteSet):
    """People and service accounts."""

    required = {
        "list": "identity.view",
        "retrieve": "identity.view",
        "create": "identity.manage",
        "partial_update": "identity.manage",
        "deactivate": "identity.manage",
        "reactivate": "identity.manage",
        "set_password": "identity.manage",
    }
    serializer_class = UserRow
    queryset = User.objects.none()
    filterset_fields = ("kind", "is_active")
    ordering = ("name", "id")

    def get_queryset(self) -> QuerySet[User]:
        """Those this user may look up."""
        return selectors.visible_users(user_of(self.request))

    @extend_schema(request=NewUser, responses={201: UserRow})
    def create(self, request: Request) -> Response:
        """Make the account of a person; it holds no role yet."""
        made = services.create_user(**self.read(NewUser), actor=user_of(request))
        return self.respond(made, status=201)

    @extend_schema(request=ProfileChange, responses=UserRow)
    def partial_update(self, request: Request, uuid: Any) -> Response:
        """Change a profile."""
        user: User = self.get_object()
        stays = {"name": user.name, "title": user.title, "attributes": user.attributes}
        given = stays | self.read(ProfileChange)
        changed = services.update_profile(user=user, **given, actor=user_of(request))
        return self.respond(changed)

    @extend_schema(request=None, responses=UserRow)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, uuid: Any) -> Response:
        """Shut an account; its sign-ins, tokens and grants end."""
        return self.respond(
            services.deactivate_user(user=self.get_object(), actor=user_of(request))
        )

    @extend_schema(request=None, responses=UserRow)
    @action(detail=True, methods=["post"])
    def reactivate(self, request: Request, uuid: Any) -> Response:
        """Open a shut account again."""
        return self.respond(
            services.reactivate_user(user=self.get_object(), actor=user_of(request))
        )

    @extend_schema(request=NewPassword, responses={204: None})
    @action(detail=True, methods=["post"], url_path="password")
    def set_password(self, request: Request, uuid: Any) -> Response:
        """Give somebody else a new password; it is not kept with the request."""
        user, password = self.get_object(), self.read(NewPassword)["password"]
        services.set_password(user=user, password=password, actor=user_of(request))
        return Response(status=204)


class ServiceAccountSet(IdempotentCreate, WriteSet):
    """Service accounts."""

    required = {
        "list": "identity.view",
        "retrieve": "identity.view",
        "create": "identity.manage",
        "hand_over": "identity.manage",
    }
    serializer_class = UserRow
    queryset = User.objects.none()
    filterset_fields = ("is_active",)
    ordering = ("name", "id")

    def get_queryset(self) -> QuerySet[User]:
        """Those this user may look up."""
        return selectors.visible_users(user_of(self.request)).filter(kind="service")

    @extend_schema(request=NewServiceAccount, responses={201: UserRow})
    def create(self, request: Request) -> Response:
        """Make an account for a machine, for which a person answers."""
        given = self.read(NewServiceAccount)
        made = services.create_service_account(
            email=given["email"],
            name=given["name"],
            owner=person_with(given["owner"], field="owner"),
            actor=user_of(request),
        )
        return self.respond(made, status=201)

    @extend_schema(request=NewOwner, responses=UserRow)
    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: Request, uuid: Any) -> Response:
        """Let another person answer for it."""
        user = self.get_object()
        owner = person_with(self.read(NewOwner)["owner"], field="owner")
        return self.respond(services.hand_over(user=user, owner=owner, actor=user_of(request)))
