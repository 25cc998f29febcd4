"""How the work is going: what waits, what is stuck, and what is done again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet

from apps.jobs import registry
from apps.jobs.models import Job, Schedule, State


@dataclass(frozen=True, slots=True)
class Periodic:
    """Something that is done again and again."""

    name: str
    every: float
    """Seconds between two beginnings."""
    due_at: datetime | None

    @property
    def rhythm(self) -> timedelta:
        """The time between two beginnings."""
        return timedelta(seconds=self.every)


@dataclass(frozen=True, slots=True)
class Pulse:
    """How many jobs there are by state, and since when the oldest that is due has waited."""

    counts: dict[str, int]
    waiting_since: datetime | None

    def seconds_behind(self, at: datetime) -> float:
        """How long something that is due has waited at `at`."""
        return max((at - self.waiting_since).total_seconds(), 0) if self.waiting_since else 0.0


def jobs(state: str = "", name: str = "") -> QuerySet[Job]:
    """The jobs in this state and of this name, the newest first."""
    found = Job.objects.order_by("-id")
    found = found.filter(state=state) if state else found
    return found.filter(name=name) if name else found


def pulse(at: datetime) -> Pulse:
    """How the work is going at `at`."""
    active = Job.objects.exclude(state=State.DONE)
    counts = dict(active.values_list("state").annotate(Count("id")))
    due = Job.objects.filter(state=State.QUEUED, run_at__lte=at)
    return Pulse(counts, due.aggregate(since=Min("run_at"))["since"])


def periodic() -> Sequence[Periodic]:
    """What is done again and again, and when each is next due."""
    due = dict(Schedule.objects.values_list("name", "due_at"))
    return [
        Periodic(name, every, due.get(name)) for name, every in sorted(registry.schedule().items())
    ]
