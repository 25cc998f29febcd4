"""Who is who: roles held, teams, and in which domains somebody may do something."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import Count, F, Q, QuerySet

from apps.core.errors import Invalid
from apps.identity.models import ApiToken, Domain, RoleAssignment, Team, TeamMembership, User
from apps.identity.permissions import PERMISSIONS, WITHOUT_DOMAIN, Role
from apps.identity.secrets import hash_of


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role somebody holds, themselves or through a team; `domain` None is everywhere."""

    role: Role
    domain: int | None


def roles_of(user: User) -> frozenset[HeldRole]:
    """The roles this user holds now, themselves or through a team; none when deactivated."""
    if not user.is_active:
        return frozenset()
    rows = RoleAssignment.objects.filter(Q(user=user) | Q(team__memberships__user=user))
    return frozenset(
        HeldRole(role=Role(role), domain=domain)
        for role, domain in rows.values_list("role", "domain_id")
    )


def remembered_roles_of(user: User) -> frozenset[HeldRole]:
    """The roles this user held when this instance was first asked: one query in a request."""
    held: frozenset[HeldRole] | None = getattr(user, "_held_roles", None)
    if held is None:
        held = roles_of(user)
        user._held_roles = held  # type: ignore[attr-defined]
    return held


def domains_of(user: User, role: Role) -> frozenset[int] | None:
    """Ids of the domains in which this user holds the role; None is everywhere."""
    return _joined(held.domain for held in roles_of(user) if held.role == role)


def domains_with_permission(user: User, permission: str) -> frozenset[int] | None:
    """Ids of the domains in which this user may; None is everywhere, empty is nowhere."""
    domains = _joined(
        held.domain for held in remembered_roles_of(user) if permission in PERMISSIONS[held.role]
    )
    if domains is not None and permission in WITHOUT_DOMAIN:
        return frozenset()
    return domains


def within_reach(user: User, permission: str, domain: str = "domain") -> Q:
    """The condition, in SQL, that a row lies where this user may.

    `domain` is the lookup of the row's domain. A row of no domain is within reach only of those
    who may everywhere.
    """
    if not user.has_perm(permission):
        return Q(pk__in=[])
    domains = domains_with_permission(user, permission)
    if domains is None:
        return Q(pk__isnull=False)
    return Q(**{f"{domain}__in": domains})


def domains_within(user: User, permission: str) -> QuerySet[Domain]:
    """The domains in which this user may; every one for those who may everywhere."""
    reach = domains_with_permission(user, permission)
    return Domain.objects.all() if reach is None else Domain.objects.filter(pk__in=reach)


def domain_named(key: str | None) -> Domain | None:
    """The domain of this key; None for None. Raises Invalid when there is none."""
    if key is None:
        return None
    found = Domain.objects.filter(key=key).first()
    if found is None:
        raise Invalid(f"There is no domain {key}.", fields={"domain": "unknown"})
    return found


def holders(role: Role | str, domain: Domain | None) -> QuerySet[User]:
    """Active people who hold the role in this domain or everywhere, themselves or by a team."""
    reach = Q(domain=None) if domain is None else Q(domain=None) | Q(domain=domain)
    held = RoleAssignment.objects.filter(reach, role=role)
    return User.objects.filter(
        Q(pk__in=held.filter(user__isnull=False).values("user"))
        | Q(memberships__team__in=held.filter(team__isnull=False).values("team")),
        is_active=True,
    ).distinct()


def admins_besides(
    *,
    user: User | None = None,
    assignment: RoleAssignment | None = None,
    membership: TeamMembership | None = None,
) -> QuerySet[User]:
    """The people who could still administer without this user, assignment or membership."""
    held = RoleAssignment.objects.filter(role=Role.ADMIN)
    members = TeamMembership.objects.filter(team__in=held.filter(user=None).values("team"))
    if assignment is not None:
        held = held.exclude(pk=assignment.pk)
        members = members.filter(team__in=held.filter(user=None).values("team"))
    if membership is not None:
        members = members.exclude(pk=membership.pk)
    found = User.objects.filter(
        Q(pk__in=held.filter(user__isnull=False).values("user")) | Q(pk__in=members.values("user")),
        is_active=True,
    )
    return found.exclude(pk=user.pk) if user is not None else found


def is_member(user: User, team: Team, at: datetime) -> bool:
    """Whether this user is in the team at that instant."""
    return team.memberships.filter(user=user, since__lte=at).exists()


def teams_of(user: User) -> QuerySet[Team]:
    """The teams this user is in."""
    return Team.objects.filter(memberships__user=user)


def teams_with_people() -> QuerySet[Team]:
    """Every team, with how many people are in it and what it holds."""
    return Team.objects.annotate(people=Count("memberships")).prefetch_related(
        "assignments__domain"
    )


def assignments_of(user: User) -> QuerySet[RoleAssignment]:
    """The roles this user holds, each with the team it comes from, if from one."""
    return RoleAssignment.objects.filter(
        Q(user=user) | Q(team__memberships__user=user)
    ).select_related("domain", "team", "user")


def roles_by_person(people: Iterable[User]) -> dict[int, list[RoleAssignment]]:
    """For each of these people, by their id, the roles they hold themselves or by a team."""
    ids = [person.pk for person in people]
    every = RoleAssignment.objects.select_related("domain", "team")
    found: dict[int, list[RoleAssignment]] = {}
    for one in every.filter(user__in=ids):
        found.setdefault(cast(int, one.user_id), []).append(one)
    by_team = every.filter(team__memberships__user__in=ids)
    for one in by_team.annotate(member=F("team__memberships__user")):
        found.setdefault(one.member, []).append(one)
    return found


def domains_with_people() -> list[tuple[Domain, list[RoleAssignment]]]:
    """Every domain, with who is steward or owner there and not everywhere."""
    kept = (Role.STEWARD, Role.OWNER)
    held: dict[int | None, list[RoleAssignment]] = {}
    for one in RoleAssignment.objects.filter(role__in=kept).select_related("user", "team"):
        held.setdefault(one.domain_id, []).append(one)
    return [(domain, held.get(domain.pk, [])) for domain in Domain.objects.all()]


def tokens_answered_for(user: User) -> QuerySet[ApiToken]:
    """One's own tokens and those of one's service accounts, the newest first."""
    return ApiToken.objects.select_related("user").filter(Q(user=user) | Q(user__owner=user))


def visible_users(user: User) -> QuerySet[User]:
    """The people this user may look up: everybody, or only themselves and what is theirs."""
    if user.has_perm("identity.view"):
        return User.objects.select_related("owner")
    return User.objects.select_related("owner").filter(Q(pk=user.pk) | Q(owner=user))


def people_matching(users: QuerySet[User], words: Iterable[str]) -> QuerySet[User]:
    """Those of the users in whose name or address something begins with each of these words."""
    for word in words:
        begins = rf"\m{re.escape(word)}"
        users = users.filter(Q(name__iregex=begins) | Q(email__iregex=begins))
    return users


def visible_tokens(user: User) -> QuerySet[ApiToken]:
    """One's own tokens and those of one's service accounts; an administrator sees all."""
    if user.has_perm("identity.manage"):
        return ApiToken.objects.select_related("user")
    return tokens_answered_for(user)


def token_of(secret: str) -> ApiToken | None:
    """The token with this secret, valid or not, with its user."""
    return ApiToken.objects.select_related("user").filter(hash=hash_of(secret)).first()


def _joined(domains: Iterable[int | None]) -> frozenset[int] | None:
    found = frozenset(domains)
    return None if None in found else frozenset(d for d in found if d is not None)
