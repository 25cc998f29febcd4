"""What is made up for again and again: due periodic work, dead workers, old rows."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.core.actors import Actor
from apps.jobs import registry
from apps.jobs.models import IdempotentReply, Job, Schedule, State
from apps.jobs.services.queue import enqueue

PERIODIC_KEY = "periodic"
KEEP_DONE = timedelta(days=14)
KEEP_REPLIES = timedelta(hours=24)


def enqueue_due(*, at: datetime, actor: Actor) -> list[Job]:
    """Enqueue all periodic work that is due at `at`; return its jobs.

    What was missed while nothing ran is done once, not once per time it was missed.
    """
    intervals = registry.schedule()
    _know_all(intervals, at)
    jobs = []
    with transaction.atomic():
        due = Schedule.objects.filter(name__in=intervals, due_at__lte=at).order_by("name")
        for row in due.select_for_update(skip_locked=True):
            row.due_at = _next(row.due_at, intervals[row.name], at)
            row.save(update_fields=["due_at"])
            jobs.append(enqueue(name=row.name, key=PERIODIC_KEY, actor=actor))
    return jobs


def forget_old(*, at: datetime, actor: Actor) -> int:
    """Delete jobs done and replies given long ago; return how many. `actor` names who asked."""
    jobs = Job.objects.filter(state=State.DONE, finished_at__lt=at - KEEP_DONE)
    replies = IdempotentReply.objects.filter(created_at__lt=at - KEEP_REPLIES)
    return jobs.delete()[0] + replies.delete()[0]


def _know_all(intervals: dict[str, float], at: datetime) -> None:
    known = set(Schedule.objects.filter(name__in=intervals).values_list("name", flat=True))
    fresh = [Schedule(name=name, due_at=at) for name in intervals.keys() - known]
    if fresh:
        Schedule.objects.bulk_create(fresh, ignore_conflicts=True)


def _next(due: datetime, every: float, at: datetime) -> datetime:
    """The next time after `at`, keeping the rhythm when it was only a little late."""
    following = due + timedelta(seconds=every)
    return following if following > at else at + timedelta(seconds=every)
