"""Gives and withdraws roles."""

from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.events import announce
from apps.identity import events
from apps.identity.models import Domain, RoleAssignment, Team, User
from apps.identity.permissions import Role
from apps.identity.selectors import admins_besides
from apps.identity.services.administrators import somebody_stays, take_turns


@transaction.atomic
def assign_role(
    *, role: Role | str, domain: Domain | None, to: User | Team, actor: Actor
) -> RoleAssignment:
    """Give a person or a team a role, in one domain or, with None, everywhere.

    Raises Forbidden for a role to oneself, directly or through one's team, Invalid for a role
    that cannot be held so, Conflict when it is held already.
    """
    _is_a_role(role, domain)
    _is_not_for_oneself(to, actor)
    user, team = _holder(to)
    if user is not None and not user.is_active:
        raise Invalid(f"{user.name}'s account is shut.", fields={"to": "must be active"})
    if role == Role.ADMIN and user is not None and user.is_service:
        raise Invalid("A machine cannot be an administrator.", fields={"to": "must be a person"})
    held = RoleAssignment.objects.filter(user=user, team=team, role=role, domain=domain)
    if held.exists():
        raise Conflict(f"{to.name} is {Role(role).label.lower()} there already.")
    try:
        with transaction.atomic():
            assignment = RoleAssignment.objects.create(
                user=user, team=team, role=role, domain=domain
            )
    except IntegrityError:
        raise Conflict(f"{to.name} is {Role(role).label.lower()} there already.") from None
    audit.record(
        action="identity.assign_role",
        subject=to.ref,
        after=_as_audited(assignment),
        actor=actor,
    )
    for person in _people(to):
        announce(events.ELIGIBILITY_CHANGED, str(person.uuid))
    return assignment


@transaction.atomic
def withdraw_role(*, assignment: RoleAssignment, actor: Actor) -> RoleAssignment:
    """Take a role away; those who lose by it are looked at again.

    Raises Conflict when it is gone already or nobody would be left to administer.
    """
    take_turns()
    found = RoleAssignment.objects.select_for_update().filter(pk=assignment.pk).first()
    if found is None:
        raise Conflict("This role has been withdrawn already.")
    if found.role == Role.ADMIN:
        somebody_stays(admins_besides(assignment=found))
    losing = _people(found.holder)
    found.delete()
    audit.record(
        action="identity.withdraw_role",
        subject=assignment.holder.ref,
        before=_as_audited(assignment),
        actor=actor,
    )
    for person in losing:
        announce(events.ELIGIBILITY_CHANGED, str(person.uuid))
    return assignment


def _is_a_role(role: Role | str, domain: Domain | None) -> None:
    if role not in Role.values:
        raise Invalid(f"There is no role {role}.", fields={"role": "unknown"})
    if role == Role.ADMIN and domain is not None:
        raise Invalid("Administrators are so everywhere.", fields={"domain": "must be empty"})


def _is_not_for_oneself(to: User | Team, actor: Actor) -> None:
    if to.ref == actor.ref:
        raise Forbidden("Somebody else must give you a role.")
    if isinstance(to, Team) and any(person.ref == actor.ref for person in _people(to)):
        raise Forbidden("You are in this team, so somebody else must give it a role.")
    if isinstance(to, User) and to.owner is not None and to.owner.ref == actor.ref:
        raise Forbidden("You answer for this account, so somebody else must give it a role.")


def _holder(to: User | Team) -> tuple[User | None, Team | None]:
    return (to, None) if isinstance(to, User) else (None, to)


def _people(holder: User | Team) -> list[User]:
    return [holder] if isinstance(holder, User) else list(holder.members.all())


def _as_audited(assignment: RoleAssignment) -> dict[str, object]:
    return {
        "role": assignment.role,
        "domain": assignment.domain.ref if assignment.domain else None,
    }
