"""Teams, domains and the roles that people and teams hold."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import WriteSet
from apps.core.errors import Invalid, NotFound
from apps.identity import services
from apps.identity.api.people import person_with
from apps.identity.api.shapes import (
    AssignmentRow,
    DomainRow,
    NewAssignment,
    NewDomain,
    NewMember,
    NewTeam,
    TeamRow,
)
from apps.identity.models import Domain, RoleAssignment, Team, User
from apps.identity.selectors import domain_named
from apps.identity.who import user_of
from apps.jobs.idempotency import IdempotentCreate


class DomainSet(IdempotentCreate, WriteSet):
    """The parts of the company that answer for their data."""

    required = {
        "list": "catalog.view",
        "retrieve": "catalog.view",
        "create": "identity.manage",
    }
    serializer_class = DomainRow
    filterset_fields = ("key",)
    ordering = ("name", "id")
    queryset = Domain.objects.all()

    @extend_schema(request=NewDomain, responses={201: DomainRow})
    def create(self, request: Request) -> Response:
        """Make a domain."""
        made = services.create_domain(**self.read(NewDomain), actor=user_of(request))
        return self.respond(made, status=201)


class TeamSet(IdempotentCreate, WriteSet):
    """Teams and who is in them."""

    required = {
        "list": "identity.view",
        "retrieve": "identity.view",
        "create": "identity.manage",
        "add_member": "identity.manage",
        "remove_member": "identity.manage",
    }
    serializer_class = TeamRow
    filterset_fields = ("key",)
    ordering = ("name", "id")
    queryset = Team.objects.prefetch_related("memberships__user")

    @extend_schema(request=NewTeam, responses={201: TeamRow})
    def create(self, request: Request) -> Response:
        """Make a team without members."""
        made = services.create_team(**self.read(NewTeam), actor=user_of(request))
        return self.respond(made, status=201)

    @extend_schema(request=NewMember, responses=TeamRow)
    @action(detail=True, methods=["post"], url_path="members")
    def add_member(self, request: Request, uuid: Any) -> Response:
        """Put somebody into the team."""
        team: Team = self.get_object()
        user = person_with(self.read(NewMember)["user"], field="user")
        services.add_to_team(user=user, team=team, at=timezone.now(), actor=user_of(request))
        return self.respond(self.get_object())

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["delete"], url_path="members/<uuid:user_uuid>")
    def remove_member(self, request: Request, uuid: Any, user_uuid: UUID) -> Response:
        """Take somebody out of the team."""
        team: Team = self.get_object()
        user = User.objects.filter(uuid=user_uuid, memberships__team=team).first()
        if user is None:
            raise NotFound("There is nobody of that id in this team.")
        services.remove_from_team(user=user, team=team, actor=user_of(request))
        return Response(status=204)


class AssignmentSet(IdempotentCreate, WriteSet):
    """Roles that people and teams hold."""

    required = {
        "list": "identity.view",
        "retrieve": "identity.view",
        "create": "identity.manage",
        "destroy": "identity.manage",
    }
    serializer_class = AssignmentRow
    filterset_fields = ("role",)
    within_domain = False
    queryset = RoleAssignment.objects.select_related("domain", "user", "team")

    @extend_schema(request=NewAssignment, responses={201: AssignmentRow})
    def create(self, request: Request) -> Response:
        """Give a role; never to oneself."""
        given = self.read(NewAssignment)
        made = services.assign_role(
            role=given["role"],
            domain=domain_named(given["domain"]),
            to=_holder(given["user"], given["team"]),
            actor=user_of(request),
        )
        return self.respond(made, status=201)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, uuid: Any) -> Response:
        """Withdraw a role; those who lose by it are looked at again."""
        services.withdraw_role(assignment=self.get_object(), actor=user_of(request))
        return Response(status=204)


def _holder(user: UUID | None, team: UUID | None) -> User | Team:
    if user is not None:
        return person_with(user, field="user")
    found = None if team is None else Team.objects.filter(uuid=team).first()
    if found is None:
        raise Invalid("There is no such team.", fields={"team": "unknown"})
    return found
