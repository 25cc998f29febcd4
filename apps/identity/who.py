"""Says who is behind a request, for doors."""

from django.http import HttpRequest
from rest_framework.request import Request

from apps.core.errors import Forbidden
from apps.identity.models import User


def user_of(request: HttpRequest | Request) -> User:
    """The user behind this request. Raises Forbidden when there is none."""
    user = request.user
    if not isinstance(user, User):
        raise Forbidden("Sign in first.")
    return user
