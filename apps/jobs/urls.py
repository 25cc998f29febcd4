"""Addresses of the jobs."""

from django.urls import include, path

from apps.core.api import Router
from apps.jobs import views
from apps.jobs.api import JobSet

_router = Router()
_router.register("jobs", JobSet, "job")

api_urlpatterns = [path("", include(_router.urls))]

_pages = [
    path("jobs", views.jobs, name="jobs"),
    path("jobs/<uuid:uuid>/retry", views.retry, name="retry"),
]
urlpatterns = [path("", include((_pages, "jobs")))]
