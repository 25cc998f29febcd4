"""Addresses of findings."""

from django.urls import include, path

from apps.core.api import Router
from apps.findings import views
from apps.findings.api import FindingSet

_router = Router()
_router.register("findings", FindingSet, "finding")

api_urlpatterns = [path("", include(_router.urls))]

_pages = [
    path("findings", views.findings, name="findings"),
    path("findings/<uuid:uuid>", views.finding, name="finding"),
]
urlpatterns = [path("", include((_pages, "findings")))]
