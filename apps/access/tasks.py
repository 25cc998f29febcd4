"""Work that access does by itself: ending what is over, and what people lost the right to."""

from django.utils import timezone

from apps.access.services import grants
from apps.core.actors import SystemActor
from apps.identity.models import User
from apps.jobs.registry import Progress, handles, periodic
from apps.jobs.services import enqueue

EXPIRE = "access.expire_grants"
RECHECK = "access.recheck_eligibility"


@handles(EXPIRE)
@periodic(every=5)
def expire_grants(key: str, progress: Progress) -> None:
    """End every grant whose time is over."""
    ended = grants.expire_due(at=timezone.now(), actor=SystemActor("access.expiry"))
    progress(len(ended), len(ended), f"{len(ended)} grants ended")


@handles(RECHECK)
def recheck_eligibility(key: str, progress: Progress) -> None:
    """End what the person with this uuid may no longer have."""
    user = User.objects.get(uuid=key)
    ended = grants.recheck_eligibility(
        user=user, at=timezone.now(), actor=SystemActor("access.eligibility")
    )
    progress(len(ended), len(ended), f"{len(ended)} grants ended")


def recheck_later(key: str) -> None:
    """Have the person with this uuid looked at again; identity announces who."""
    enqueue(name=RECHECK, key=key, actor=SystemActor("access.eligibility"))
