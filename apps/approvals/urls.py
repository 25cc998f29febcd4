"""Addresses of approvals."""

from django.urls import include, path

from apps.approvals.api.approvals import ApprovalSet
from apps.approvals.api.delegations import DelegationSet
from apps.approvals.views import delegate, delegations, end_delegation
from apps.core.api import Router

_router = Router()
_router.register("approvals", ApprovalSet, "approval")
_router.register("delegations", DelegationSet, "delegation")

api_urlpatterns = [path("", include(_router.urls))]

_pages = [
    path("delegations", delegations, name="delegations"),
    path("delegations/new", delegate, name="delegate"),
    path("delegations/<uuid:uuid>/end", end_delegation, name="end-delegation"),
]
urlpatterns = [path("", include((_pages, "approvals")))]
