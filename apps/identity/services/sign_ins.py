"""Writes sign-ins, sign-outs and failed attempts into the book."""

from django.db import transaction

from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.refs import ref
from apps.identity.models import User


@transaction.atomic
def note_sign_in(*, user: User, actor: Actor) -> None:
    """Somebody has signed in."""
    audit.record(action="identity.sign_in", subject=user.ref, actor=actor)


@transaction.atomic
def note_sign_out(*, user: User, actor: Actor) -> None:
    """Somebody has signed out."""
    audit.record(action="identity.sign_out", subject=user.ref, actor=actor)


@transaction.atomic
def note_sign_in_failure(*, email: str, actor: Actor) -> None:
    """Somebody tried to sign in with this address and could not.

    What was typed is kept only when it is the address of an account: people type passwords into
    the wrong field.
    """
    known = User.objects.filter(email=email.strip().lower()).first()
    subject = known.ref if known else ref("user", "unknown")
    audit.record(action="identity.sign_in_failed", subject=subject, actor=actor)


@transaction.atomic
def note_credential_change(*, user: User, what: str, actor: Actor) -> None:
    """Somebody changed how they sign in: `what` is, for instance, `change_password`."""
    audit.record(action=f"identity.{what}", subject=user.ref, actor=actor)
