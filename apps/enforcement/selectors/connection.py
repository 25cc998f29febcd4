"""Everything that the page of one connection shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.catalog.models import System
from apps.enforcement.models import Call, Drift, Refusal, Sync, TakeOver
from apps.enforcement.plan import Change, Verb, texts_of
from apps.enforcement.selectors.health import Overview, overviews
from apps.findings.models import Finding

MOST = 100
"""So many open findings are shown, the worst first."""

SHOWN = 20
"""Of what grows without end, so many of the latest are shown."""


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A change by hand: what should have stood there and what did, in lines."""

    drift: Drift
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """One connection in full; the rights that we lack come first."""

    overview: Overview
    rights: tuple[dict[str, Any], ...]
    held: tuple[Change, ...]
    drifts: tuple[SideBySide, ...]
    refusals: tuple[Refusal, ...]
    passes: tuple[Sync, ...]
    calls: tuple[Call, ...]
    take_overs: tuple[TakeOver, ...]
    findings: tuple[Finding, ...]

    @property
    def lacking(self) -> int:
        """How many of the rights that we need we do not hold."""
        return sum(not right["held"] for right in self.rights)

    @property
    def held_removals(self) -> int:
        """How many documents the held pass would take away."""
        return sum(change.verb is Verb.REMOVE for change in self.held)


def connection_page(system: System, at: datetime) -> ConnectionPage:
    """What there is to show about this system."""
    (overview,) = overviews([system], at)
    state = overview.state
    drifts = Drift.objects.filter(system=system)[:SHOWN]
    return ConnectionPage(
        overview=overview,
        rights=tuple(sorted(state.rights, key=lambda right: right["held"])) if state else (),
        held=tuple(Change.from_json(c) for c in state.held_plan or ()) if state else (),
        drifts=tuple(SideBySide(drift, *texts_of(drift.expected, drift.found)) for drift in drifts),
        refusals=tuple(Refusal.objects.filter(system=system)),
        passes=tuple(Sync.objects.filter(system=system).defer("plan")[:SHOWN]),
        calls=tuple(Call.objects.filter(system=system)),
        take_overs=tuple(TakeOver.objects.filter(system=system).select_related("dataset")[:SHOWN]),
        findings=tuple(
            Finding.objects.filter(scope=system.ref, state=Finding.State.OPEN).worst_first()[:MOST]
        ),
    )
