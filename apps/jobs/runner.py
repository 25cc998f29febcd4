"""Doing claimed jobs in this process, one after the other."""

import logging
import os
import socket
import threading
import time
from dataclasses import dataclass, field

import structlog
from django.db import connection, transaction

from apps.audit.services import NotRecorded
from apps.connectors.contracts import Refused as RefusedBySystem
from apps.connectors.contracts import Unreachable
from apps.core.actors import SystemActor
from apps.core.errors import Problem, Unavailable
from apps.jobs.models import Job
from apps.jobs.registry import Handler, handler
from apps.jobs.services import claims

logger = logging.getLogger(__name__)

WORKER = SystemActor("jobs.worker")
SECONDS_BETWEEN_NOTES = 0.5


def worker_name() -> str:
    """This process: machine, process and thread."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{threading.get_ident()}"


def drain(*, seconds: float = 30.0, limit: int = 1_000_000) -> int:
    """Do every job that is due, until none is left or `seconds` have passed; return how many."""
    deadline = time.monotonic() + seconds
    worker, finished = worker_name(), 0
    while finished < limit and time.monotonic() < deadline:
        job = claims.claim_next(worker=worker)
        if job is None:
            break
        run(job)
        finished += 1
    return finished


def run(job: Job) -> None:
    """Do one claimed job and write down how it ended; nothing it raises gets out of here."""
    request_id = job.request_id or f"job-{job.uuid}"
    with structlog.contextvars.bound_contextvars(request_id=request_id, job=str(job.uuid)):
        try:
            _attempt(job, handler(job.name))
        except claims.ClaimLost:
            logger.warning("%s was given to another worker meanwhile", job)
        except Exception as error:
            _write_failure(job, error)


def _attempt(job: Job, how: Handler) -> None:
    if how.atomic:
        with transaction.atomic():
            claims.hold(job=job)
            how.work(job.key, Notes(job, inside=True))
            claims.finish(job=job, keep=how.leaves_row)
        return
    with Heart(job):
        how.work(job.key, Notes(job))
    claims.finish(job=job, keep=how.leaves_row)


def _write_failure(job: Job, error: Exception) -> None:
    for_a_person = isinstance(error, (Problem, RefusedBySystem))
    again = not for_a_person or isinstance(error, (Unavailable, NotRecorded))
    try:
        state = claims.fail(job=job, error=_reason(error), again=again, actor=WORKER)
    except claims.ClaimLost:
        logger.warning("%s was given to another worker meanwhile", job)
        return
    unexpected = not for_a_person and not isinstance(error, Unreachable)
    logger.warning("%s: attempt %d failed, %s", job, job.attempts, state, exc_info=unexpected)


def _reason(error: Exception) -> str:
    """What a person reads; what is unexpected is told by its type as well."""
    if isinstance(error, (Problem, RefusedBySystem, Unreachable)):
        return str(error)
    return f"{type(error).__name__}: {error}"


@dataclass(slots=True)
class Notes:
    """The `progress` of one attempt: writes at most twice a second, and always the last word.

    Inside the handler's own transaction nobody could see what is written: there it only remembers.
    """

    job: Job
    inside: bool = False
    _last: float = field(default=0.0)

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Note how far the work is; raises ClaimLost when it is no longer ours to do."""
        now = time.monotonic()
        if done < total and now - self._last < SECONDS_BETWEEN_NOTES:
            return
        self._last = now
        claims.note_progress(job=self.job, done=done, total=total, message=message)


class Heart:
    """Renews the lease of a running job from a thread of its own while the block lasts."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="job-lease", daemon=True)

    def __enter__(self) -> "Heart":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        pause = claims.lease().total_seconds() / 4
        try:
            while not self._over.wait(pause):
                claims.renew(job=self._job)
        except claims.ClaimLost:
            pass  # whoever writes next for this job is told so
        except Exception:
            logger.exception("the lease of %s could not be renewed", self._job)
        finally:
            connection.close()
