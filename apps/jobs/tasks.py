"""What Celery carries: wake up, look for what was missed, and keep the floors below in order.

The audit book lies beneath the jobs and cannot ask for work itself, so what keeps it is here.
"""

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.utils import timezone

from apps.audit import services as audit
from apps.core.actors import SystemActor
from apps.jobs.registry import Progress, handles, periodic
from apps.jobs.runner import drain
from apps.jobs.services import claims, sweeping
from apps.jobs.services.queue import WAKE

TICK = "jobs.tick"
FORGET = "jobs.forget_old"
SWEEP = SystemActor("jobs.sweep")
KEEPER = SystemActor("audit.keeper")
DRAIN_SECONDS = 30.0

SCHEDULE = {TICK: {"task": TICK, "schedule": 1.0, "options": {"expires": 10}}}
"""All that beat sends. What is due is read from rows, so a beat that was away misses nothing."""

_limit = int(settings.CELERY_TASK_TIME_LIMIT + DRAIN_SECONDS)


@shared_task(name=WAKE, ignore_result=True, acks_late=False, time_limit=_limit)
def wake() -> None:
    """Do what is due."""
    drain(seconds=DRAIN_SECONDS)


@shared_task(name=TICK, ignore_result=True, acks_late=False, time_limit=_limit)
def tick() -> None:
    """Make up for dead workers and lost messages, begin what is periodic, and do what is due."""
    claims.give_back_abandoned(actor=SWEEP)
    sweeping.enqueue_due(at=timezone.now(), actor=SWEEP)
    drain(seconds=DRAIN_SECONDS)


@worker_ready.connect
def look_at_start(**_: object) -> None:
    """Do what was left when the last worker went, without waiting for beat."""
    tick.apply_async(retry=False)


@handles(FORGET)
@periodic(every=3600)
def forget_old(key: str, progress: Progress) -> None:
    """Delete what nobody needs any more."""
    gone = sweeping.forget_old(at=timezone.now(), actor=SWEEP)
    progress(gone, gone, f"{gone} rows deleted")


@handles("audit.seal")
@periodic(every=1)
def seal(key: str, progress: Progress) -> None:
    """Give what was written a moment ago its place in the chain."""
    audit.seal(at=timezone.now(), actor=KEEPER)


@handles("audit.checkpoint")
@periodic(every=60)
def checkpoint(key: str, progress: Progress) -> None:
    """Verify what is new in the chain and sign its end."""
    audit.checkpoint(at=timezone.now(), actor=KEEPER)


@handles("audit.verify_whole", keep=True)
@periodic(every=24 * 3600)
def verify_whole(key: str, progress: Progress) -> None:
    """Seal what a horizon may have hidden, and read the whole chain."""
    at = timezone.now()
    audit.seal(at=at, actor=KEEPER, everything=True)
    found = audit.verify(at=at, actor=KEEPER, whole=True)
    progress(found.last, found.last, found.reason or f"#1 to #{found.last} hold")


@handles("audit.make_partitions", keep=True)
@periodic(every=24 * 3600)
def make_partitions(key: str, progress: Progress) -> None:
    """Make the partitions of the coming months."""
    made = audit.make_partitions(at=timezone.now(), actor=KEEPER)
    progress(len(made), len(made), f"{len(made)} partitions made")
