"""Who answers for a dataset, and whose account a role of a system is."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.audit import services as audit
from apps.catalog.events import ACCOUNTS_CHANGED
from apps.catalog.models import Account, Dataset, System, SystemRole
from apps.catalog.selectors.logins import our_roles
from apps.core.actors import Actor
from apps.core.errors import Conflict, Refused, Stale
from apps.core.events import announce
from apps.identity.models import Domain, User


@transaction.atomic
def assign_domain(
    *, dataset: Dataset, domain: Domain | None, version: int, actor: Actor
) -> Dataset:
    """Put a dataset into a domain, or into none. Raises Stale, Conflict."""
    return _assign(dataset, "domain", domain, version, actor)


@transaction.atomic
def assign_owner(*, dataset: Dataset, owner: User | None, version: int, actor: Actor) -> Dataset:
    """Say who owns a dataset. Raises Stale, Conflict, or Refused for who is no active person."""
    _require_active_person(owner)
    return _assign(dataset, "owner", owner, version, actor)


@transaction.atomic
def assign_steward(
    *, dataset: Dataset, steward: User | None, version: int, actor: Actor
) -> Dataset:
    """Say who looks after a dataset. Raises Stale, Conflict, Refused as for the owner."""
    _require_active_person(steward)
    return _assign(dataset, "steward", steward, version, actor)


@transaction.atomic
def map_account(*, system: System, user: User, role: str, actor: Actor) -> Account:
    """State that a role of the system is this user's; we create no roles and guess no names.

    Raises Refused when the role cannot be anybody's account, Conflict when the role or the user
    is taken.
    """
    found = SystemRole.objects.filter(system=system, name=role, vanished_at__isnull=True).first()
    if found is None:
        raise Refused(f"{system.name} has no role {role}; create it there and scan again.")
    if not found.login:
        raise Refused(f"{role} cannot log in, so it is nobody's account.")
    if found.superuser or found.bypass_rls:
        raise Refused(f"{role} is not held by any rule: it is a superuser or has BYPASSRLS.")
    if role in our_roles(system):
        raise Refused(f"{role} is the login that Seneschal itself uses.")
    if not user.is_active:
        raise Refused(f"{user.name} is deactivated.")
    try:
        with transaction.atomic():
            account = Account.objects.create(system=system, user=user, role=role)
    except IntegrityError as error:
        raise Conflict(_taken(system, user, role)) from error
    audit.record(
        action="catalog.map_account",
        subject=account.ref,
        actor=actor,
        after={"user": user.ref, "role": role},
    )
    announce(ACCOUNTS_CHANGED, system.key)
    return account


@transaction.atomic
def unmap_account(*, account: Account, actor: Actor) -> Account:
    """State that a role is no longer this user's. Raises Conflict while grants stand upon it."""
    before = {"user": account.user.ref, "role": account.role}
    ref, system = account.ref, account.system.key
    try:
        with transaction.atomic():
            account.delete()
    except ProtectedError as error:
        raise Conflict("Grants were given upon this account; it stays with them.") from error
    audit.record(action="catalog.unmap_account", subject=ref, actor=actor, before=before)
    announce(ACCOUNTS_CHANGED, system)
    return account


def _taken(system: System, user: User, role: str) -> str:
    if Account.objects.filter(system=system, user=user).exists():
        return f"{user.name} has an account in {system.name} already."
    return f"{role} is somebody else's account in {system.name}."


def _require_active_person(user: User | None) -> None:
    if user is not None and (not user.is_active or user.is_service):
        raise Refused(f"{user.name} is no active person, so cannot answer for data.")


def _assign(dataset: Dataset, name: str, to: Any, version: int, actor: Actor) -> Dataset:
    dataset = (
        Dataset.objects.select_for_update(of=("self",)).select_related("system").get(pk=dataset.pk)
    )
    if dataset.version != version:
        raise Stale(f"{dataset.qualified} has changed since you looked.")
    before = getattr(dataset, name)
    if before == to:
        raise Conflict(f"That is the {name} of {dataset.qualified} already.")
    setattr(dataset, name, to)
    dataset.version += 1
    dataset.save(update_fields=[name, "version"])
    audit.record(
        action=f"catalog.assign_{name}",
        subject=dataset.ref,
        actor=actor,
        before={name: before.ref if before else None},
        after={name: to.ref if to else None},
    )
    return dataset
