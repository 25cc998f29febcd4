"""Systems and the accounts in them, at the REST door."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import connections, selectors, services
from apps.catalog.api.shapes import AccountInput, AccountRow, RightRow, SystemInput, SystemRow
from apps.catalog.models import Account, System
from apps.core.api import WriteSet
from apps.core.errors import Invalid
from apps.identity.models import User
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate


class SystemSet(IdempotentCreate, WriteSet):
    """Systems that the user may know of."""

    required = {
        "list": "enforcement.view",
        "retrieve": "enforcement.view",
        "rights": "enforcement.view",
        "create": "enforcement.operate",
        "scan": "enforcement.operate",
        "pause": "enforcement.operate",
        "resume": "enforcement.operate",
    }
    if_match = frozenset({"pause", "resume"})
    serializer_class = SystemRow
    filterset_fields = ("state", "key")
    ordering = ("key",)
    queryset = System.objects.none()

    def get_queryset(self) -> QuerySet[System]:
        """Only what this user may know of."""
        return selectors.visible_systems(user_of(self.request))

    @extend_schema(request=SystemInput, responses={201: SystemRow})
    def create(self, request: Request) -> Response:
        """Connect a system; it is scanned at once."""
        made = services.connect_system(**self.read(SystemInput), actor=user_of(request))
        return self.respond(made, status=201)

    @extend_schema(request=None, responses={202: SystemRow})
    @action(detail=True, methods=["post"])
    def scan(self, request: Request, uuid: Any) -> Response:
        """Have it scanned now."""
        services.request_scan(system=self.get_object(), actor=user_of(request))
        return self.respond(self.get_object(), status=202)

    @extend_schema(request=None, responses=SystemRow)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, uuid: Any) -> Response:
        """Leave it alone until it is resumed."""
        services.pause_system(
            system=self.get_object(), version=self.version_seen(), actor=user_of(request)
        )
        return self.respond(self.get_object())

    @extend_schema(request=None, responses=SystemRow)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, uuid: Any) -> Response:
        """Work with it again."""
        services.resume_system(
            system=self.get_object(), version=self.version_seen(), actor=user_of(request)
        )
        return self.respond(self.get_object())

    @extend_schema(responses=RightRow(many=True))
    @action(detail=True, methods=["get"])
    def rights(self, request: Request, uuid: Any) -> Response:
        """The rights that our logins hold and lack there, asked now."""
        rights = connections.rights_of(self.get_object())
        return Response([RightRow().to_representation(right) for right in rights])


class AccountSet(IdempotentCreate, WriteSet):
    """Whose role is whose, in the systems that the user may know of."""

    required = {
        "list": "catalog.manage",
        "retrieve": "catalog.manage",
        "create": "catalog.manage",
        "destroy": "catalog.manage",
    }
    serializer_class = AccountRow
    filterset_fields = ("role",)
    within_domain = False
    queryset = Account.objects.none()

    def get_queryset(self) -> QuerySet[Account]:
        """Only in systems that this user may know of."""
        seen = selectors.visible_systems(user_of(self.request))
        return Account.objects.filter(system__in=seen).select_related("system", "user")

    @extend_schema(request=AccountInput, responses={201: AccountRow})
    def create(self, request: Request) -> Response:
        """State whose role it is."""
        given, actor = self.read(AccountInput), user_of(request)
        system = selectors.visible_systems(actor).filter(key=given["system"]).first()
        if system is None:
            raise Invalid("There is no such system.", fields={"system": "unknown"})
        user = User.objects.filter(uuid=given["user"]).first()
        if user is None:
            raise Invalid("There is no such person.", fields={"user": "unknown"})
        made = services.map_account(system=system, user=user, role=given["role"], actor=actor)
        return self.respond(made, status=201)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, uuid: Any) -> Response:
        """State no longer whose role it is."""
        services.unmap_account(account=self.get_object(), actor=user_of(request))
        return Response(status=204)
