"""Makes teams and domains, and says who is in which team."""

import re
from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.events import announce
from apps.identity import events
from apps.identity.models import Domain, RoleAssignment, Team, TeamMembership, User
from apps.identity.permissions import Role
from apps.identity.selectors import admins_besides
from apps.identity.services.administrators import somebody_stays, take_turns

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@transaction.atomic
def create_team(*, key: str, name: str, actor: Actor) -> Team:
    """Make a team without members. Raises Invalid for a bad key or name, Conflict when taken."""
    _is_key(key)
    _has_name(name)
    if Team.objects.filter(key=key).exists():
        raise Conflict(f"There is a team {key} already.", fields={"key": "taken"})
    team = Team.objects.create(key=key, name=name.strip())
    audit.record(
        action="identity.create_team", subject=team.ref, after={"name": team.name}, actor=actor
    )
    return team


@transaction.atomic
def create_domain(*, key: str, name: str, description: str = "", actor: Actor) -> Domain:
    """Make a domain. Raises Invalid for a bad key or name, Conflict when taken."""
    _is_key(key)
    _has_name(name)
    if Domain.objects.filter(key=key).exists():
        raise Conflict(f"There is a domain {key} already.", fields={"key": "taken"})
    domain = Domain.objects.create(key=key, name=name.strip(), description=description.strip())
    audit.record(
        action="identity.create_domain",
        subject=domain.ref,
        after={"name": domain.name},
        actor=actor,
    )
    return domain


@transaction.atomic
def add_to_team(*, user: User, team: Team, at: datetime, actor: Actor) -> TeamMembership:
    """Put somebody into a team, with the roles it holds; what they may now have is looked at.

    Raises Forbidden for oneself into a team that holds roles, Invalid for a shut account,
    Conflict when they are in it.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if actor.ref == user.ref and RoleAssignment.objects.filter(team=team).exists():
        raise Forbidden("This team holds roles, so somebody else must put you into it.")
    if not user.is_active:
        raise Invalid(f"{user.name}'s account is shut.", fields={"user": "must be active"})
    if TeamMembership.objects.filter(user=user, team=team).exists():
        raise Conflict(f"{user.name} is in {team.name} already.")
    membership = TeamMembership.objects.create(user=user, team=team, since=at)
    audit.record(
        action="identity.add_to_team", subject=user.ref, after={"team": team.ref}, actor=actor
    )
    announce(events.ELIGIBILITY_CHANGED, str(user.uuid))
    return membership


@transaction.atomic
def remove_from_team(*, user: User, team: Team, actor: Actor) -> User:
    """Take somebody out of a team; what they had through it is looked at again.

    Raises Conflict when they are not in it or nobody would be left to administer.
    """
    take_turns()
    user = User.objects.select_for_update().get(pk=user.pk)
    membership = TeamMembership.objects.filter(user=user, team=team).first()
    if membership is None:
        raise Conflict(f"{user.name} is not in {team.name}.")
    if RoleAssignment.objects.filter(team=team, role=Role.ADMIN).exists():
        somebody_stays(admins_besides(membership=membership))
    membership.delete()
    audit.record(
        action="identity.remove_from_team", subject=user.ref, before={"team": team.ref}, actor=actor
    )
    announce(events.ELIGIBILITY_CHANGED, str(user.uuid))
    return user


def _is_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise Invalid(
            "A key has lower-case letters, digits and dashes.", fields={"key": "not a key"}
        )


def _has_name(name: str) -> None:
    if not name.strip():
        raise Invalid("Give a name.", fields={"name": "must not be empty"})
    if len(name) > 150:
        raise Invalid("This name is too long.", fields={"name": "at most 150 characters"})
