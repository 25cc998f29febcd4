"""How a connection is doing: derived from its passes, its drift and what waits, never stored."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Count, QuerySet

from apps.catalog.models import System, SystemState
from apps.enforcement.models import (
    AppliedDocument,
    Drift,
    Enforcement,
    Refusal,
    Sync,
)
from apps.enforcement.work import RECONCILE
from apps.jobs.models import Job
from apps.jobs.models import State as JobState

POINTS = 48
"""Bars of a history, each as long as `POINT`."""

POINT = timedelta(minutes=30)

_BAR = {
    Sync.Outcome.NOOP: "ok",
    Sync.Outcome.APPLIED: "ok",
    Sync.Outcome.RUNNING: "ok",
    Sync.Outcome.HELD: "warn",
    Sync.Outcome.REFUSED: "warn",
}
_WORSE = ("none", "ok", "warn", "bad")


class Health(StrEnum):
    """How a connection is doing."""

    BROKEN = "broken"
    HELD = "held"
    LAGGING = "lagging"
    HEALTHY = "healthy"
    NEW = "new"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Overview:
    """One connection at a glance; `points` are the bars of its last day, oldest first."""

    system: System
    health: Health
    sentence: str
    state: Enforcement | None
    last: Sync | None
    documents: int
    refused: int
    open_drifts: int
    recent_drifts: int
    waiting: int
    points: tuple[str, ...]

    @property
    def needs_a_look(self) -> bool:
        """Whether a person should look at it."""
        return self.health in (Health.BROKEN, Health.HELD) or bool(self.open_drifts + self.refused)


def overviews(systems: Iterable[System], at: datetime) -> list[Overview]:
    """Every system at a glance, in a constant number of queries."""
    wanted = list(systems)
    counts = _Counts.of(wanted, at)
    return [counts.overview(system, at) for system in wanted]


@dataclass(frozen=True, slots=True)
class _Counts:
    states: dict[int, Enforcement]
    syncs: dict[int, list[Sync]]
    documents: dict[int, int]
    refused: dict[int, int]
    open_drifts: dict[int, int]
    drifted_at: dict[int, list[datetime]]
    waiting: dict[str, int]

    @classmethod
    def of(cls, systems: Sequence[System], at: datetime) -> "_Counts":
        ids, since = [system.pk for system in systems], at - POINTS * POINT
        syncs: defaultdict[int, list[Sync]] = defaultdict(list)
        recent = Sync.objects.filter(system__in=ids, finished_at__gte=since).defer("plan")
        for sync in recent.order_by("id"):
            syncs[sync.system_id].append(sync)
        drifted: defaultdict[int, list[datetime]] = defaultdict(list)
        seen = Drift.objects.filter(system__in=ids, found_at__gte=since)
        for system_id, found_at in seen.values_list("system_id", "found_at"):
            drifted[system_id].append(found_at)
        jobs = Job.objects.filter(
            name=RECONCILE,
            key__in=[system.key for system in systems],
            state__in=[JobState.QUEUED, JobState.RUNNING],
        )
        states = Enforcement.objects.filter(system__in=ids).defer("held_plan")
        return cls(
            states={state.system_id: state for state in states},
            syncs=syncs,
            documents=_by_system(AppliedDocument.objects.filter(system__in=ids)),
            refused=_by_system(Refusal.objects.filter(system__in=ids)),
            open_drifts=_by_system(Drift.objects.filter(system__in=ids, righted_at=None)),
            drifted_at=drifted,
            waiting=dict(jobs.order_by().values_list("key").annotate(Count("id"))),
        )

    def overview(self, system: System, at: datetime) -> Overview:
        state, syncs = self.states.get(system.pk), self.syncs.get(system.pk, [])
        drifts = self.open_drifts.get(system.pk, 0)
        last = syncs[-1] if syncs else None
        health, sentence = _health(system, state, last, drifts, at)
        drifted_at = self.drifted_at.get(system.pk, [])
        return Overview(
            system=system,
            health=health,
            sentence=sentence,
            state=state,
            last=last,
            documents=self.documents.get(system.pk, 0),
            refused=self.refused.get(system.pk, 0),
            open_drifts=drifts,
            recent_drifts=len(drifted_at),
            waiting=self.waiting.get(system.key, 0),
            points=_points(syncs, drifted_at, at),
        )


def _by_system(rows: QuerySet) -> dict[int, int]:
    return dict(rows.order_by().values_list("system").annotate(Count("id")))


def _health(
    system: System, state: Enforcement | None, last: Sync | None, drifts: int, at: datetime
) -> tuple[Health, str]:
    if system.state == SystemState.PAUSED:
        return Health.PAUSED, "Paused: what it was told last stays in force there."
    if state is not None and state.held:
        return Health.HELD, "A pass waits for a person to release it."
    if state is not None and state.last_error:
        return Health.BROKEN, state.last_error
    if state is None or state.observed_at is None:
        return Health.NEW, "Nothing has been enforced here yet."
    behind = ""
    if drifts:
        behind = "Something was changed by hand and is not put right yet."
    elif state.observed < state.generation:
        behind = "What was decided last is on its way."
    elif last is None or (last.finished_at or at) < at - _late():
        behind = "Nobody has looked for a while. Is a worker running?"
    if behind:
        return Health.LAGGING, behind
    return Health.HEALTHY, "Everything that is ours stands as declared."


def _late() -> timedelta:
    """After so long without a pass, several have been missed."""
    return 4 * timedelta(seconds=settings.SENESCHAL.reconcile_seconds)


def _points(syncs: Sequence[Sync], drifted_at: Sequence[datetime], at: datetime) -> tuple[str, ...]:
    bars = [0] * POINTS
    for sync in syncs:
        rank = _WORSE.index(_BAR.get(Sync.Outcome(sync.outcome), "bad"))
        first, last = _bar(sync.started_at, at), _bar(sync.finished_at or at, at)
        for position in range(max(first, 0), min(last, POINTS - 1) + 1):
            bars[position] = max(bars[position], rank)
    for found_at in drifted_at:
        position = _bar(found_at, at)
        if 0 <= position < POINTS:
            bars[position] = max(bars[position], _WORSE.index("warn"))
    return tuple(_WORSE[rank] for rank in bars)


def _bar(instant: datetime, at: datetime) -> int:
    """The position of the bar that an instant falls in; the last one ends now."""
    return POINTS - 1 - int((at - instant) / POINT)
