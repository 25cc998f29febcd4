"""Addresses of access."""

from django.urls import include, path

from apps.access.api.grants import GrantSet
from apps.access.api.purposes import PurposeSet
from apps.access.api.requests import RequestSet
from apps.core.api import Router

_router = Router()
_router.register("access-requests", RequestSet, basename="access-request")
_router.register("grants", GrantSet, basename="grant")
_router.register("purposes", PurposeSet, basename="purpose")

api_urlpatterns = [path("", include(_router.urls))]
