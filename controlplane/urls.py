"""Every address of the product: pages and API, gathered from the apps."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from apps.core.views import public
from controlplane import accounts, health

Routes = list[URLPattern | URLResolver]


def gather(attribute: str) -> Routes:
    """Return the routes that the apps export under *attribute* of their `urls` module."""
    found: Routes = []
    for app in apps.get_app_configs():
        if app.name.startswith("apps.") and find_spec(f"{app.name}.urls"):
            found += getattr(import_module(f"{app.name}.urls"), attribute, [])
    return found


urlpatterns: Routes = [
    path("healthz/live", public(health.live), name="health-live"),
    path("healthz/ready", public(health.ready), name="health-ready"),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/", include(gather("api_urlpatterns"))),
    path("accounts/", include(accounts.routes())),
    path("", include(gather("urlpatterns"))),
]

handler400 = "apps.core.views.bad_request"
handler403 = "apps.core.views.forbidden"
handler404 = "apps.core.views.not_found"
handler500 = "apps.core.views.server_error"
