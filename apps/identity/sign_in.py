"""How allauth lets people in: nobody signs up by themselves, and the book hears of every try."""

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth
from django.http import HttpRequest

from apps.core.actors import SystemActor
from apps.identity import services
from apps.identity.models import User

DOOR = SystemActor("identity.sign_in")
"""Who acts while it is not known who is there."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth, held to our rules."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by administrators."""
        return False


def listen() -> None:
    """Translate allauth's signals into services; called once, when the app is ready."""
    auth.user_logged_in.connect(_signed_in, dispatch_uid="identity.signed_in")
    auth.user_logged_out.connect(_signed_out, dispatch_uid="identity.signed_out")
    auth.user_login_failed.connect(_failed, dispatch_uid="identity.failed")
    for signal, what in _CHANGES:
        signal.connect(_changing(what), weak=False, dispatch_uid=f"identity.{what}")


_CHANGES = (
    (account.password_changed, "change_password"),
    (account.password_set, "change_password"),
    (account.password_reset, "reset_password"),
    (mfa.authenticator_added, "add_second_factor"),
    (mfa.authenticator_removed, "remove_second_factor"),
    (mfa.authenticator_reset, "reset_second_factor"),
)


def _signed_in(sender: object, user: User, **rest: Any) -> None:
    services.note_sign_in(user=user, actor=user)


def _signed_out(sender: object, user: User | None, **rest: Any) -> None:
    if user is not None:
        services.note_sign_out(user=user, actor=user)


def _failed(sender: object, credentials: dict[str, Any], **rest: Any) -> None:
    email = str(credentials.get("email") or credentials.get("username") or "")
    services.note_sign_in_failure(email=email, actor=DOOR)


def _changing(what: str) -> Any:
    def changed(sender: object, user: User, **rest: Any) -> None:
        services.note_credential_change(user=user, what=what, actor=user)

    return changed
