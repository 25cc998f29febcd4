"""The life of one attempt: claimed, kept alive, and finished, put back or quarantined."""

import random
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.audit.services import record
from apps.core.actors import Actor
from apps.jobs.models import MOVES, Job, State

LEASE_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 300.0
LONGEST_ERROR = 2000
WORKER_DIED = "The worker died while doing this"

_CLAIM = """
UPDATE jobs_job SET state = 'running', attempts = attempts + 1, claimed_by = %(worker)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
    started_at = clock_timestamp()
WHERE id = (
    SELECT waiting.id FROM jobs_job AS waiting
    WHERE waiting.state = 'queued' AND waiting.run_at <= clock_timestamp()
      AND NOT EXISTS (
        SELECT FROM jobs_job AS other
        WHERE other.state = 'running' AND other.name = waiting.name AND other.key = waiting.key
      )
    ORDER BY waiting.run_at, waiting.id
    LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


class ClaimLost(Exception):
    """The lease ran out and the job was given to somebody else, or ended: stop, change nothing."""


def lease() -> timedelta:
    """How long a worker is believed to live without a sign of life."""
    return timedelta(seconds=float(getattr(settings, "JOB_LEASE_SECONDS", LEASE_SECONDS)))


def claim_next(*, worker: str) -> Job | None:
    """Take the next job that is due; None when there is none.

    The attempt is counted and committed before any work is done, so that work which kills its
    worker uses up its attempts too.
    """
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_CLAIM, {"worker": worker, "lease": lease().total_seconds()})
                row = cursor.fetchone()
        except IntegrityError:  # another worker began one of the same name and key just now
            continue
        return Job.objects.get(pk=row[0]) if row else None


def hold(*, job: Job) -> Job:
    """Lock the row of our claim for the rest of this transaction.

    Raises ClaimLost when it is not our claim any more.
    """
    held = _ours(job).select_for_update().first()
    if held is None:
        raise ClaimLost(str(job))
    return held


def renew(*, job: Job) -> None:
    """Show that the worker lives; raises ClaimLost when the job is no longer ours."""
    if not _ours(job).update(lease_until=Now() + lease()):
        raise ClaimLost(str(job))


def note_progress(*, job: Job, done: int, total: int, message: str) -> None:
    """Keep how far the work is; raises ClaimLost when the job is no longer ours."""
    if not _ours(job).update(done=done, total=total, message=message):
        raise ClaimLost(str(job))


def finish(*, job: Job, keep: bool) -> None:
    """Mark the work as done; without `keep` its row goes. Raises ClaimLost when not ours."""
    changed = _move(job, State.DONE) if keep else _ours(job).delete()[0]
    if not changed:
        raise ClaimLost(str(job))


def fail(*, job: Job, error: str, again: bool, actor: Actor) -> State:
    """End an attempt that did not succeed: put it back with a pause, or quarantine it.

    `again` says that another attempt can help. Returns the state that follows; raises ClaimLost
    when the job is no longer ours.
    """
    error = error[:LONGEST_ERROR] or "no reason was given"
    with transaction.atomic():
        if again and job.attempts < job.max_attempts:
            state, changed = State.QUEUED, _requeue(job, error)
        else:
            state, changed = State.QUARANTINED, _quarantine(job, error, actor)
    if not changed:
        raise ClaimLost(str(job))
    return state


def pause(attempts: int) -> timedelta:
    """The pause before the next attempt: random up to a bound that doubles (full jitter)."""
    bound = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempts - 1))
    return timedelta(seconds=random.uniform(0, bound))  # noqa: S311 - spreads load, guards nothing


def give_back_abandoned(*, actor: Actor) -> list[Job]:
    """Put back, or quarantine, every job whose worker gave no sign of life; return them.

    A row that a transaction holds locked is being worked on, whatever its lease says.
    """
    given: list[Job] = []
    with transaction.atomic():
        abandoned = Job.objects.filter(state=State.RUNNING, lease_until__lt=Now())
        for job in abandoned.select_for_update(skip_locked=True).order_by("id")[:500]:
            error = f"{WORKER_DIED} (attempt {job.attempts} of {job.max_attempts})."
            fail(job=job, error=error, again=True, actor=actor)
            given.append(job)
    return given


def _ours(job: Job) -> QuerySet[Job]:
    """The row while it is this very attempt; an attempt that was given away matches nothing."""
    return Job.objects.filter(
        pk=job.pk, state=State.RUNNING, claimed_by=job.claimed_by, attempts=job.attempts
    )


def _requeue(job: Job, error: str) -> int:
    return _move(job, State.QUEUED, error=error, run_at=Now() + pause(job.attempts))


def _quarantine(job: Job, error: str, actor: Actor) -> int:
    changed = _move(job, State.QUARANTINED, error=error)
    if changed:
        record(
            action="jobs.quarantine_job",
            subject=job.ref,
            actor=actor,
            detail={"name": job.name, "key": job.key, "attempts": job.attempts, "reason": error},
        )
    return changed


def _move(job: Job, to: State, **changes: object) -> int:
    """Move our claim to another state; returns 0 when it is not our claim any more."""
    if to not in MOVES[State.RUNNING]:
        raise ValueError(f"a running job does not become {to}")
    ended = {"finished_at": Now()} if to in (State.DONE, State.QUARANTINED) else {}
    told = {"error": ""} if to == State.DONE else {}
    return _ours(job).update(
        state=to, lease_until=None, claimed_by="", **{**ended, **told, **changes}
    )
