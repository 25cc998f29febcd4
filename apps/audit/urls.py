"""Addresses of the audit book."""

from django.urls import include, path

from apps.audit import views
from apps.audit.api.book import EntrySet, ExportSet, StateSet
from apps.core.api import Router

_router = Router()
_router.register("audit/entries", EntrySet, "audit-entry")
_router.register("audit/state", StateSet, "audit-state")
_router.register("audit/export", ExportSet, "audit-export")

api_urlpatterns = [path("", include(_router.urls))]

_pages = [
    path("audit", views.trail, name="trail"),
    path("audit/export", views.export, name="export"),
    path("audit/key.pem", views.public_key, name="key"),
]
urlpatterns = [path("", include((_pages, "audit")))]
