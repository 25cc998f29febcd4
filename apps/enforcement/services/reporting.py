"""What a look at a system found that a person must see, kept once and not at every look."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import System
from apps.core.actors import Actor
from apps.enforcement.drifting import Drifted
from apps.enforcement.models import Drift, Enforcement, Refusal
from apps.enforcement.selectors import Sight
from apps.enforcement.services.findings import report_drift
from apps.enforcement.services.foreign import report_foreign
from apps.enforcement.services.refusals import keep_refusals


def report_sight(
    *, system: System, state: Enforcement, sight: Sight, at: datetime, actor: Actor
) -> None:
    """Keep what is new about this look; a look like the last one writes nothing."""
    _keep_drift(system, sight.drift, at, actor)
    keep_refusals(
        system=system,
        stage=Refusal.Stage.RENDER,
        found=sight.rendered.refusals,
        at=at,
        actor=actor,
    )
    report_foreign(system=system, state=state, sight=sight, at=at, actor=actor)


@transaction.atomic
def _keep_drift(system: System, found: Iterable[Drifted], at: datetime, actor: Actor) -> None:
    known = {drift.name: drift for drift in Drift.objects.filter(system=system, righted_at=None)}
    wanted = {each.name: each for each in found}
    over = [drift.pk for name, drift in known.items() if name not in wanted]
    new = [each for name, each in wanted.items() if not _alike(known.get(name), each)]
    if not over and not new:
        return
    Drift.objects.filter(pk__in=over).update(righted_at=at)
    Drift.objects.filter(system=system, righted_at=None, name__in=[d.name for d in new]).update(
        righted_at=at
    )
    Drift.objects.bulk_create(
        [
            Drift(
                system=system,
                name=each.name,
                dataset=each.dataset,
                kind=each.kind.value,
                expected=each.expected,
                found=each.found,
                found_at=at,
            )
            for each in new
        ]
    )
    audit.record(
        action="enforcement.find_drift",
        subject=system.ref,
        detail={"documents": [{"name": each.name, "kind": each.kind.value} for each in new]},
        actor=actor,
    )
    report_drift(system=system, at=at, actor=actor)


def _alike(drift: Drift | None, each: Drifted) -> bool:
    return drift is not None and (drift.kind, drift.found) == (each.kind.value, each.found)
