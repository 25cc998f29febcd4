"""Putting work into the queue."""

import logging
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models.functions import Least, Now
from kombu.exceptions import OperationalError as BrokerError

from apps.audit.services import record
from apps.core.actors import Actor
from apps.core.errors import Conflict
from apps.jobs import registry
from apps.jobs.models import Job, State

logger = logging.getLogger(__name__)

WAKE = "jobs.wake"


def enqueue(*, name: str, key: str, run_at: datetime | None = None, actor: Actor) -> Job:
    """Have `name` done to `key`, from `run_at` on (default: at once); return the job.

    A job that waits for the same is returned instead, made earlier when need be: it cannot have
    begun before this transaction's changes can be seen, because it is locked until then. A job
    that another transaction holds is not waited for; then the work is done twice, never lost.

    Raises LookupError when nothing handles `name`.
    """
    handler = registry.handler(name)
    with transaction.atomic():
        job = _waiting(name, key)
        if job is None:
            when = {"run_at": run_at} if run_at else {}
            job = Job.objects.create(
                name=name,
                key=key,
                max_attempts=handler.attempts,
                enqueued_by=actor.ref,
                request_id=_request_id(),
                **when,
            )
        else:
            _make_earlier(job, run_at)
        if run_at is None:
            transaction.on_commit(wake)
    return job


def retry_job(*, job: Job, actor: Actor) -> Job:
    """Put a quarantined job back into the queue with all its attempts.

    Raises Conflict when it is not quarantined.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job.pk)
        if job.state != State.QUARANTINED:
            raise Conflict(f"The job is {job.get_state_display().lower()}, not quarantined.")
        before = {"state": job.state, "attempts": job.attempts, "error": job.error}
        job.state, job.attempts, job.finished_at = State.QUEUED, 0, None
        Job.objects.filter(pk=job.pk).update(
            state=job.state, attempts=0, finished_at=None, run_at=Now(), error=""
        )
        record(
            action="jobs.retry_job",
            subject=job.ref,
            actor=actor,
            detail={"name": job.name, "key": job.key},
            before=before,
            after={"state": job.state},
        )
        transaction.on_commit(wake)
    job.refresh_from_db()
    return job


def wake() -> None:
    """Tell the workers that something waits; a message that gets lost is made up by the sweep."""
    from celery import current_app

    try:
        current_app.send_task(WAKE, ignore_result=True, retry=False)
    except (BrokerError, OSError) as error:
        logger.warning("workers could not be woken, the sweep will find the job: %s", error)


def _waiting(name: str, key: str) -> Job | None:
    """A job that waits for the same, untried, and that nobody else holds: locked."""
    waiting = Job.objects.filter(name=name, key=key, state=State.QUEUED, attempts=0)
    return waiting.select_for_update(skip_locked=True).order_by("id").first()


def _make_earlier(job: Job, run_at: datetime | None) -> None:
    Job.objects.filter(pk=job.pk).update(run_at=Least("run_at", run_at or Now()))


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id") or "")[:100]
