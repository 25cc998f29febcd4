"""Work that approvals do by themselves: closing what is overdue, watching who is left to decide."""

from django.utils import timezone

from apps.approvals import services
from apps.core.actors import SystemActor
from apps.jobs.registry import Progress, handles, periodic

EXPIRE = "approvals.expire"
ROUTES = "approvals.look_at_routes"


@handles(EXPIRE, keep=False)
@periodic(every=30)
def expire(key: str, progress: Progress) -> None:
    """Close as not approved whatever nobody decided in time."""
    closed = services.expire_overdue(at=timezone.now(), actor=SystemActor("approvals.expiry"))
    progress(len(closed), len(closed), f"{len(closed)} approvals closed")


@handles(ROUTES, keep=False)
@periodic(every=60)
def look_at_routes(key: str, progress: Progress) -> None:
    """Note where too few reviewers are left, so that administrators are asked."""
    found = services.look_at_routes(at=timezone.now(), actor=SystemActor("approvals.routes"))
    progress(len(found), len(found), f"{len(found)} routes changed")
