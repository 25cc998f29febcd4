"""Issues and revokes API tokens."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.identity.models import ApiToken, User
from apps.identity.permissions import EVERY_PERMISSION
from apps.identity.secrets import SHOWN, hash_of, new_secret

LONGEST = timedelta(days=365)
MOST = 20
"""Valid tokens that one account may have at a time."""
USE_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_token(
    *,
    user: User,
    name: str,
    scopes: Collection[str],
    expires_at: datetime,
    at: datetime,
    actor: User,
) -> tuple[ApiToken, str]:
    """Make a token for oneself or a service account one answers for; it and its secret.

    The secret is returned this once and kept nowhere. Raises Forbidden for somebody else's
    account or scopes beyond one's own, Invalid for impossible terms, Conflict for one too many.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    _may_issue_for(locked, actor)
    _is_possible(name, scopes, expires_at, at)
    _is_within(locked, scopes)
    if ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=at).count() >= MOST:
        raise Conflict(f"There are {MOST} tokens already; revoke one that is not used.")
    secret = new_secret()
    token = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        prefix=secret[:SHOWN],
        hash=hash_of(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        created_at=at,
    )
    audit.record(
        action="identity.issue_token",
        subject=token.ref,
        detail={"user": user.ref},
        after={"name": token.name, "scopes": token.scopes, "expires_at": expires_at.isoformat()},
        actor=actor,
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, at: datetime, actor: Actor) -> ApiToken:
    """End a token now. Raises Conflict when it is revoked already."""
    token = ApiToken.objects.select_for_update().select_related("user").get(pk=token.pk)
    if token.revoked_at is not None:
        raise Conflict("This token is revoked already.")
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    audit.record(
        action="identity.revoke_token",
        subject=token.ref,
        detail={"user": token.user.ref},
        before={"revoked_at": None},
        after={"revoked_at": at.isoformat()},
        actor=actor,
    )
    return token


def note_token_use(*, token: ApiToken, at: datetime, actor: Actor) -> None:
    """Remember, to the minute, when a token was last used: an observation, not a decision."""
    if token.last_used_at is None or token.last_used_at < at - USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)


def _may_issue_for(user: User, actor: User) -> None:
    if actor.token_scopes is not None:
        raise Forbidden("A token cannot issue tokens; sign in for that.")
    if user != actor and user.owner_id != actor.pk:
        raise Forbidden("Tokens are for yourself and for service accounts you answer for.")
    if not user.is_active:
        raise Invalid(f"{user.name}'s account is shut.", fields={"user": "must be active"})


def _is_possible(name: str, scopes: Collection[str], expires_at: datetime, at: datetime) -> None:
    if not name.strip() or len(name) > 100:
        raise Invalid("Give it a name.", fields={"name": "1 to 100 characters"})
    if not scopes:
        raise Invalid("Say what it is for.", fields={"scopes": "must not be empty"})
    unknown = sorted(set(scopes) - EVERY_PERMISSION)
    if unknown:
        raise Invalid(f"There is no permission {unknown[0]}.", fields={"scopes": "unknown"})
    if not at < expires_at <= at + LONGEST:
        raise Invalid(
            f"A token ends within {LONGEST.days} days.",
            fields={"expires_at": f"in the future, at most {LONGEST.days} days from now"},
        )


def _is_within(user: User, scopes: Collection[str]) -> None:
    for scope in sorted(scopes):
        if not user.has_perm(scope):
            raise Forbidden(f"{user.name} may not {scope}.", fields={"scopes": scope})
