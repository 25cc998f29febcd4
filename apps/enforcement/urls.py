"""Addresses of enforcement."""

from django.urls import include, path

from apps.core.api import Router
from apps.enforcement import views
from apps.enforcement.api.history import CallSet, DriftSet, EvidenceSet, ProofSet, SyncSet
from apps.enforcement.api.systems import EnforcementSet
from apps.enforcement.api.takeovers import TakeOverSet

_router = Router()
_router.register("enforcements", EnforcementSet, "enforcement")
_router.register("syncs", SyncSet, "sync")
_router.register("drifts", DriftSet, "drift")
_router.register("calls", CallSet, "call")
_router.register("proofs", ProofSet, "proof")
_router.register("take-overs", TakeOverSet, "take-over")
_router.register("evidence", EvidenceSet, "evidence")

api_urlpatterns = [path("", include(_router.urls))]

_pages = [
    path("connections", views.connections, name="connections"),
    path("connections/<slug:key>", views.connection, name="connection"),
    path("connections/<slug:key>/compare", views.compare, name="compare"),
    path("connections/<slug:key>/try", views.try_now, name="try"),
    path("connections/<slug:key>/release", views.release, name="release"),
    path("connections/<slug:key>/pause", views.pause, name="pause"),
    path("connections/<slug:key>/resume", views.resume, name="resume"),
    path("connections/<slug:key>/take-over", views.take_over, name="take-over"),
    path("take-overs/<uuid:uuid>/undo", views.undo, name="undo"),
    path("passes/<uuid:uuid>", views.sync, name="sync"),
    path("evidence/<uuid:uuid>", views.evidence, name="evidence"),
]
urlpatterns = [path("", include((_pages, "enforcement")))]
