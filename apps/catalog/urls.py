"""Addresses of the catalog."""

from django.urls import include, path

from apps.catalog import views
from apps.catalog.api.datasets import DatasetSet
from apps.catalog.api.search import SearchSet
from apps.catalog.api.systems import AccountSet, SystemSet
from apps.catalog.api.tags import TaggingSet, TagSet
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
    path("data", views.datasets, name="datasets"),
    path("data/<uuid:uuid>", views.dataset, name="dataset"),
    path("data/<uuid:uuid>/scan", views.scan, name="scan"),
    path("data/<uuid:uuid>/settle", views.settle, name="settle"),
    path("data/columns/<uuid:uuid>/tag", views.tag, name="tag"),
    path("data/tags/<uuid:uuid>/decide", views.decide, name="decide"),
]
urlpatterns = [path("", include((_pages, "catalog")))]
