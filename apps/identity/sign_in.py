"""How allauth lets people in: nobody signs up by themselves, and the book hears of every try."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.core.actors import SystemActor
from apps.identity import services
from apps.identity.models import User

View = Callable[..., HttpResponseBase]

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
)


def noting_second_factors(view: View) -> View:
    """Write down, in the transaction of the view, what it changes of somebody's second factors.

    allauth tells of them only after the commit, when it would be too late to refuse.
    """

    @wraps(view)
    def noted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User):
            return view(request, *args, **kwargs)
        before = _factors(user)
        response = view(request, *args, **kwargs)
        after = _factors(user)
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                verb = "add" if name not in before else "remove" if name not in after else "reset"
                services.note_credential_change(user=user, what=f"{verb}_{name}", actor=user)
        return response

    return noted


def _factors(user: User) -> dict[str, Any]:
    """What somebody has besides a password, by kind."""
    found = Authenticator.objects.filter(user_id=user.pk)
    return dict(found.values_list("type", "data"))


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
