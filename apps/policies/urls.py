"""Addresses of policies."""

from django.urls import include, path

from apps.core.api import Router
from apps.policies import views
from apps.policies.api.policies import PolicySet

_router = Router()
_router.register("policies", PolicySet, "policy")

api_urlpatterns = [path("", include(_router.urls))]

_pages = [
    path("policies", views.policies, name="policies"),
    path("policies/<slug:key>", views.policy, name="policy"),
    path("policies/<slug:key>/retire", views.retire, name="retire"),
    path("policies/<slug:key>/withdraw", views.withdraw, name="withdraw"),
    path("data/<uuid:uuid>/masks", views.dataset_masks, name="dataset-masks"),
]
urlpatterns = [path("", include((_pages, "policies")))]
