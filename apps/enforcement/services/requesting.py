"""Asking for a pass before its time."""

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import System, SystemState
from apps.core.actors import Actor
from apps.core.errors import Conflict
from apps.enforcement.work import RECONCILE
from apps.jobs import services as jobs
from apps.jobs.models import Job


@transaction.atomic
def request_pass(*, system: System, actor: Actor) -> Job:
    """Have the system compared with what is declared as soon as a worker is free.

    Raises Conflict when the system is paused.
    """
    if system.state == SystemState.PAUSED:
        raise Conflict(f"{system.name} is paused; resume it first.")
    job = jobs.enqueue(name=RECONCILE, key=system.key, actor=actor)
    audit.record(
        action="enforcement.request_pass",
        subject=system.ref,
        detail={"job": str(job.uuid)},
        actor=actor,
    )
    return job
