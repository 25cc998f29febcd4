"""Lets in whoever shows a valid API token."""

import re

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.identity import selectors, services
from apps.identity.models import ApiToken, User

_BEARER = re.compile(r"[Bb]earer +(snl_[A-Za-z0-9_-]{43})")


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer snl_…`; what the token does not cover, its user may not do with it."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user and the token; None when no token is shown."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        found = _BEARER.fullmatch(header)
        token = selectors.token_of(found[1]) if found else None
        at = timezone.now()
        if token is None or not token.is_valid(at) or not token.user.is_active:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        services.note_token_use(token=token, at=at, actor=token.user)
        token.user.token_scopes = frozenset(token.scopes)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="Seneschal"'
