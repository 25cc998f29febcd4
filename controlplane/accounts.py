"""The addresses of allauth that the product offers: sign-in, password, second factor."""

from typing import Any

from allauth.urls import urlpatterns as everything
from django.db import transaction
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

from apps.core.errors import NotFound
from apps.core.views import public
from apps.identity.sign_in import noting_second_factors

OFFERED = (
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_change_password",
    "mfa_",
)
"""Names, or the beginning of names. An address is changed, and an account made, by administrators;
a forgotten password is theirs to set."""


def routes() -> list[URLPattern | URLResolver]:
    """The offered ones, each in one transaction: what cannot be written down does not happen.

    The others stay, because allauth names them, and answer that there is no such page.
    """
    _settle(everything)
    return list(everything)


def _settle(patterns: list[Any]) -> None:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _settle(pattern.url_patterns)
        elif (pattern.name or "").startswith(OFFERED):
            pattern.callback = transaction.atomic(noting_second_factors(pattern.callback))
        else:
            pattern.callback = not_offered


@public
def not_offered(_request: HttpRequest, **_: str) -> None:
    """Raise NotFound."""
    raise NotFound("There is no such page.")
