"""Makes and deactivates the accounts of people and services."""

import re
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.events import announce
from apps.identity import events
from apps.identity.models import User, UserKind
from apps.identity.permissions import Role
from apps.identity.selectors import admins_besides, roles_of
from apps.identity.services.administrators import somebody_stays, take_turns

_SERVICE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,118}[a-z0-9])?@[a-z0-9.-]{1,120}")


@transaction.atomic
def create_user(
    *,
    email: str,
    name: str,
    password: str | None = None,
    title: str = "",
    attributes: Mapping[str, Any] | None = None,
    actor: Actor,
) -> User:
    """Make the account of a person; it holds no role yet, and so may do nothing.

    Without a password they cannot sign in until one is set. Raises Invalid for an address, name
    or password that will not do, Conflict when the address is taken.
    """
    email = _address(email)
    _has_name(name)
    _are_plain(attributes or {})
    _is_free(email)
    user = User(
        email=email, name=name.strip(), title=title.strip(), attributes=dict(attributes or {})
    )
    if password is None:
        user.set_unusable_password()
    else:
        _is_strong(password, user)
        user.set_password(password)
    return _keep(user, "identity.create_user", actor)


@transaction.atomic
def create_service_account(*, email: str, name: str, owner: User, actor: Actor) -> User:
    """Make an account for a machine, for which `owner` answers; it calls the API with tokens.

    Raises Invalid for a name or owner that will not do, Conflict when the address is taken.
    """
    email = email.strip().lower()
    if not _SERVICE_NAME.fullmatch(email):
        raise Invalid(
            "Name it like nightly-load@services.", fields={"email": "must look like name@place"}
        )
    _has_name(name)
    _can_answer(owner)
    _is_free(email)
    user = User(email=email, name=name.strip(), kind=UserKind.SERVICE, owner=owner)
    user.set_unusable_password()
    return _keep(user, "identity.create_service_account", actor)


@transaction.atomic
def update_profile(
    *, user: User, name: str, title: str, attributes: Mapping[str, Any], actor: Actor
) -> User:
    """Change what is known of somebody; policies that ask for attributes look again.

    Raises Invalid for an empty name or attributes that are no plain values, Forbidden for one's
    own attributes, because policies open data by them.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    _has_name(name)
    _are_plain(attributes)
    if actor.ref in (user.ref, user.owner.ref if user.owner else "") and (
        dict(attributes) != user.attributes
    ):
        raise Forbidden("Somebody else must change your attributes: policies open data by them.")
    before = _profile(user)
    user.name, user.title, user.attributes = name.strip(), title.strip(), dict(attributes)
    user.save(update_fields=["name", "title", "attributes"])
    audit.record(
        action="identity.update_profile",
        subject=user.ref,
        before=before,
        after=_profile(user),
        actor=actor,
    )
    announce(events.ELIGIBILITY_CHANGED, str(user.uuid))
    return user


@transaction.atomic
def hand_over(*, user: User, owner: User, actor: Actor) -> User:
    """Let another person answer for a service account.

    Raises Invalid for an account that nobody answers for, or an owner who is no active person,
    Conflict when they answer for it already.
    """
    user = User.objects.select_for_update(of=("self",)).select_related("owner").get(pk=user.pk)
    if user.owner is None:
        raise Invalid("A person answers for themselves.", fields={"owner": "not for a person"})
    _can_answer(owner)
    if user.owner == owner:
        raise Conflict(f"{owner.name} answers for it already.")
    before = user.owner
    user.owner = owner
    user.save(update_fields=["owner"])
    audit.record(
        action="identity.hand_over",
        subject=user.ref,
        before={"owner": before.ref},
        after={"owner": owner.ref},
        actor=actor,
    )
    announce(events.ELIGIBILITY_CHANGED, str(user.uuid))
    return user


@transaction.atomic
def deactivate_user(*, user: User, actor: Actor) -> User:
    """Shut an account: it may do nothing, its sign-ins and tokens end, its grants are looked at.

    Raises Conflict when it is shut already or it is the last administrator's, Forbidden for
    one's own.
    """
    take_turns()
    user = User.objects.select_for_update().get(pk=user.pk)
    if actor.ref == user.ref:
        raise Forbidden("You cannot shut your own account.")
    if not user.is_active:
        raise Conflict(f"{user.name}'s account is shut already.")
    if any(held.role == Role.ADMIN for held in roles_of(user)):
        somebody_stays(admins_besides(user=user))
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit.record(
        action="identity.deactivate_user",
        subject=user.ref,
        before={"is_active": True},
        after={"is_active": False},
        actor=actor,
    )
    announce(events.ELIGIBILITY_CHANGED, str(user.uuid))
    return user


@transaction.atomic
def reactivate_user(*, user: User, actor: Actor) -> User:
    """Open a shut account again, with the roles it had. Raises Conflict when it is open."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        raise Conflict(f"{user.name}'s account is open.")
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(
        action="identity.reactivate_user",
        subject=user.ref,
        before={"is_active": False},
        after={"is_active": True},
        actor=actor,
    )
    announce(events.ELIGIBILITY_CHANGED, str(user.uuid))
    return user


@transaction.atomic
def set_password(*, user: User, password: str, actor: Actor) -> User:
    """Give somebody else a new password, which ends their sign-ins.

    Raises Forbidden for one's own, which is changed by knowing the old one, Invalid for a weak
    one or a service account's.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if actor.ref == user.ref:
        raise Forbidden("Change your own password where the old one is asked for.")
    if user.is_service:
        raise Invalid("A service account has tokens, no password.")
    _is_strong(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(action="identity.set_password", subject=user.ref, actor=actor)
    return user


def _keep(user: User, action: str, actor: Actor) -> User:
    user.save(force_insert=True)
    audit.record(action=action, subject=user.ref, after=_profile(user), actor=actor)
    return user


def _profile(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "title": user.title,
        "kind": user.kind,
        "owner": user.owner.ref if user.owner else None,
        "attributes": user.attributes,
    }


def _address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid("This is no e-mail address.", fields={"email": "not an address"}) from None
    if len(email) > 254:
        raise Invalid("This address is too long.", fields={"email": "too long"})
    return email


def _has_name(name: str) -> None:
    if not name.strip():
        raise Invalid("Give a name.", fields={"name": "must not be empty"})
    if len(name) > 150:
        raise Invalid("This name is too long.", fields={"name": "at most 150 characters"})


def _can_answer(owner: User) -> None:
    if not owner.is_active or owner.is_service:
        raise Invalid("A person must answer for it.", fields={"owner": "must be an active person"})


def _are_plain(attributes: Mapping[str, Any]) -> None:
    for name, value in attributes.items():
        values = value if isinstance(value, list) else [value]
        plain = all(isinstance(one, str | int | float | bool) for one in values)
        if not name or len(name) > 63 or not plain:
            raise Invalid(
                "An attribute is text, a number, yes or no, or a list of these.",
                fields={"attributes": f"{name[:63]} cannot be kept"},
            )


def _is_free(email: str) -> None:
    if User.objects.filter(email=email).exists():
        raise Conflict(f"{email} has an account already.", fields={"email": "taken"})


def _is_strong(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        reason = " ".join(error.messages)
        raise Invalid(reason, fields={"password": reason}) from None
