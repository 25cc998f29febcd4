"""Addresses of the catalog."""

from django.urls import include, path

from apps.catalog.api.datasets import DatasetSet
from apps.catalog.api.search import SearchSet
from apps.catalog.api.systems import AccountSet, SystemSet
from apps.catalog.api.tags import TaggingSet, TagSet
from apps.catalog.views import accounts, columns, datasets, placing, systems
from apps.core.api import Router

_router = Router()
_router.register("systems", SystemSet, basename="system")
_router.register("datasets", DatasetSet, basename="dataset")
_router.register("tags", TagSet, basename="tag")
_router.register("taggings", TaggingSet, basename="tagging")
_router.register("accounts", AccountSet, basename="account")
_router.register("search", SearchSet, basename="search")

api_urlpatterns = [path("", include(_router.urls))]

_pages = [
    path("data", datasets.datasets, name="datasets"),
    path("data/<uuid:uuid>", datasets.dataset, name="dataset"),
    path("data/<uuid:uuid>/scan", datasets.scan, name="scan"),
    path("data/<uuid:uuid>/settle", columns.settle, name="settle"),
    path("data/place", placing.place_many, name="place-many"),
    path("data/<uuid:uuid>/place", placing.place, name="place"),
    path("data/columns/<uuid:uuid>/tag", columns.tag, name="tag"),
    path("data/tags/<uuid:uuid>/decide", columns.decide, name="decide"),
    path("connections/new/postgresql", systems.connect, name="connect"),
    path("connections/<slug:key>/setup", systems.setup, name="setup"),
    path("connections/<slug:key>/progress", systems.progress, name="progress"),
    path("connections/<slug:key>/rights", systems.rights, name="rights"),
    path("connections/<slug:key>/settings", systems.change, name="change"),
    path("connections/<slug:key>/remove", systems.remove, name="remove"),
    path("logins", accounts.accounts, name="accounts"),
    path("logins/map", accounts.map_login, name="map-login"),
    path("logins/<uuid:uuid>/unmap", accounts.unmap_login, name="unmap-login"),
]
urlpatterns = [path("", include((_pages, "catalog")))]
