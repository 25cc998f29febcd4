"""Denies every request whose view does not say which permission it takes."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

SIGNED_IN = "signed-in"
"""In place of a permission's name: whoever is signed in may, because it is about themselves."""


class DeclaredPermission(BasePermission):
    """Asks for what the view declares in `required`, before anything of the body is read.

    `required` maps the action (or, in a view without actions, the method in lower case) to a
    permission's name. Nothing declared, nothing allowed. A changing request upon an object with a
    domain needs the permission in that domain, unless the view says `within_domain = False`.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the user may this action anywhere."""
        if not request.user.is_authenticated:
            return False
        if _is_not_offered(request, view):
            return True  # and the answer is 405
        wanted = _wanted(request, view)
        return wanted is not None and (wanted == SIGNED_IN or request.user.has_perm(wanted))

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Whether the user may change this object, by its domain."""
        wanted = _wanted(request, view)
        if wanted == SIGNED_IN or request.method in SAFE_METHODS:
            return True
        if not getattr(view, "within_domain", True) or not hasattr(obj, "domain_id"):
            return True
        return wanted is not None and request.user.has_perm(wanted, obj)


def _is_not_offered(request: Request, view: Any) -> bool:
    method = (request.method or "").lower()
    if hasattr(view, "action_map"):
        return method not in (view.action_map or {})
    return not hasattr(view, method)


def _wanted(request: Request, view: Any) -> str | None:
    required: dict[str, str] = getattr(view, "required", {})
    action = getattr(view, "action", None) or (request.method or "").lower()
    found = required.get(action)
    if found is None and action == "head":
        return required.get("get")
    return found
