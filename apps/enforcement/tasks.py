"""Work that enforcement does by itself: making systems agree, and asking them again."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apps.catalog.models import System, SystemState
from apps.core.actors import SystemActor
from apps.core.errors import Unavailable
from apps.enforcement import services
from apps.enforcement.models import Declaration, Sync, TakeOver
from apps.enforcement.services.locking import Busy
from apps.enforcement.work import RECONCILE, SWEEP, TAKE_OVER, WAKE
from apps.jobs.registry import Progress, handles, periodic
from apps.jobs.services import enqueue

ACTOR = SystemActor("enforcement")

AGAIN = frozenset({Sync.Outcome.UNREACHABLE, Sync.Outcome.FAILED})
"""Outcomes after which the same is tried again soon."""


SOON = timedelta(seconds=20)
"""Behind a pass that is under way, the next one comes after so long."""


@handles(RECONCILE, attempts=8)
def reconcile(key: str, progress: Progress) -> None:
    """Make the system with this key agree; tried again when it does not answer."""
    system = System.objects.filter(key=key).first()
    if system is None:
        progress(0, 0, "no longer connected")
        return
    if system.state == SystemState.PAUSED:
        progress(0, 0, f"{system.name} is paused")
        return
    try:
        sync = services.reconcile(system=system, at=timezone.now(), actor=ACTOR)
    except Busy as busy:
        enqueue(name=RECONCILE, key=key, run_at=timezone.now() + SOON, actor=ACTOR)
        progress(0, 0, busy.detail)
        return
    progress(sync.writes, sync.changes, sync.get_outcome_display())
    if sync.outcome != Sync.Outcome.UNREACHABLE:
        services.keep_trying(system=system, at=timezone.now(), actor=ACTOR)
    if sync.outcome in AGAIN:
        raise Unavailable(sync.reason)
    services.keep_proving(system=system, at=timezone.now(), actor=ACTOR)


@handles(SWEEP, keep=False)
@periodic(every=settings.SENESCHAL.reconcile_seconds)
def sweep(key: str, progress: Progress) -> None:
    """Have every system looked at, whether or not anybody asked: what got lost is found here."""
    keys = list(System.objects.filter(state=SystemState.ACTIVE).values_list("key", flat=True))
    for system_key in keys:
        enqueue(name=RECONCILE, key=system_key, actor=ACTOR)
    progress(len(keys), len(keys), f"{len(keys)} systems are looked at")


@handles(WAKE, keep=False)
@periodic(every=10)
def wake_due(key: str, progress: Progress) -> None:
    """Have systems looked at in which a rule has just begun or ended."""
    keys = services.wake_due(at=timezone.now(), actor=ACTOR)
    progress(len(keys), len(keys), ", ".join(keys))


@handles(TAKE_OVER, attempts=8)
def take_over(key: str, progress: Progress) -> None:
    """Carry out what was decided about a take-over."""
    done = services.carry_out(take_over=TakeOver.objects.get(uuid=key), actor=ACTOR)
    progress(1, 1, done.get_state_display())


def look_again(system_key: str) -> None:
    """Have a system compared once more: what it holds has changed."""
    enqueue(name=RECONCILE, key=system_key, actor=ACTOR)


def look_again_at_dataset(uuid: str) -> None:
    """Have the system of this dataset compared once more, when anything is declared there."""
    for key in Declaration.objects.filter(system__datasets__uuid=uuid).values_list(
        "system__key", flat=True
    )[:1]:
        look_again(key)
