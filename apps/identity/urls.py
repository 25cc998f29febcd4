"""Addresses of identity."""

from django.urls import include, path

from apps.core.api import Router
from apps.identity import api_schema
from apps.identity.api.groups import AssignmentSet, DomainSet, TeamSet
from apps.identity.api.people import MeSet, ServiceAccountSet, UserSet
from apps.identity.api.tokens import TokenSet

assert api_schema  # imported, it describes tokens in the API's schema

_router = Router()
_router.register("me", MeSet, "me")
_router.register("users", UserSet, "user")
_router.register("service-accounts", ServiceAccountSet, "service-account")
_router.register("teams", TeamSet, "team")
_router.register("domains", DomainSet, "domain")
_router.register("role-assignments", AssignmentSet, "role-assignment")
_router.register("tokens", TokenSet, "token")

api_urlpatterns = [path("", include(_router.urls))]
