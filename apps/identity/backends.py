"""Answers what a signed-in user may do, from the roles they hold."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from apps.identity import selectors
from apps.identity.models import User
from apps.identity.permissions import EVERY_PERMISSION, WITHOUT_DOMAIN


class RoleBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's sign-in with our roles in place of Django's groups; deny is the answer by default.

    A user who came in with an API token has no more than that token's scopes.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        """Whether the user may sign in on a page: an active person; machines use tokens."""
        return isinstance(user, User) and user.is_active and not user.is_service

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Whether the user may `perm`, anywhere or, given an object, in that object's domain."""
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        if user_obj.token_scopes is not None and perm not in user_obj.token_scopes:
            return False
        domains = selectors.domains_with_permission(user_obj, perm)
        if domains is None:
            return True
        if perm in WITHOUT_DOMAIN:
            return False
        if obj is None:
            return bool(domains)
        return getattr(obj, "domain_id", None) in domains

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the names of everything that the user may do."""
        return {perm for perm in EVERY_PERMISSION if self.has_perm(user_obj, perm, obj)}
