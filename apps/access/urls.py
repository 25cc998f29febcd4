"""Addresses of access."""

from django.urls import include, path

from apps.access.api.grants import GrantSet
from apps.access.api.purposes import PurposeSet
from apps.access.api.requests import RequestSet
from apps.access.views import asking, datasets, grants, requests
from apps.core.api import Router

_router = Router()
_router.register("access-requests", RequestSet, basename="access-request")
_router.register("grants", GrantSet, basename="grant")
_router.register("purposes", PurposeSet, basename="purpose")

api_urlpatterns = [path("", include(_router.urls))]

_pages = [
    path("ask", asking.ask, name="ask"),
    path("ask/draft", asking.draft, name="draft"),
    path("ask/find", asking.find, name="find"),
    path("ask/datasets/<uuid:uuid>", asking.picked, name="picked"),
    path("requests", requests.requests, name="requests"),
    path("requests/<uuid:uuid>", requests.request, name="request"),
    path("requests/<uuid:uuid>/withdraw", requests.withdraw, name="withdraw"),
    path("grants", grants.grants, name="grants"),
    path("grants/<uuid:uuid>", grants.grant, name="grant"),
    path("grants/<uuid:uuid>/ask-again", grants.ask_again, name="ask_again"),
    path("grants/<uuid:uuid>/rows", grants.rows, name="rows"),
    path("grants/<uuid:uuid>/end", grants.end, name="end"),
    path("grants/<uuid:uuid>/renew", grants.renew, name="renew"),
    path("grants/<uuid:uuid>/evidence/<uuid:evidence>", grants.evidence, name="evidence"),
    path("data/<uuid:uuid>/grants", datasets.dataset_panel, name="dataset_panel"),
]
urlpatterns = [path("", include((_pages, "access")))]
