"""What a look at a system found, kept as rows: hand-made changes of ours and what was refused."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import System
from apps.core.actors import Actor
from apps.core.refs import Ref
from apps.enforcement.drifting import Drifted
from apps.enforcement.models import Drift, Enforcement, Refusal
from apps.enforcement.rendering import RefusedRules
from apps.enforcement.selectors import Sight


def report_sight(
    *, system: System, state: Enforcement, sight: Sight, at: datetime, actor: Actor
) -> None:
    """Keep what is new about this look; a look like the last one writes nothing."""
    _keep_drift(system, sight.drift, at, actor)
    _keep_refusals(system, sight.rendered.refusals, at, actor)


@transaction.atomic
def _keep_drift(system: System, found: Iterable[Drifted], at: datetime, actor: Actor) -> None:
    known = {
        drift.name: (drift.kind, drift.found)
        for drift in Drift.objects.filter(system=system, righted_at=None)
    }
    new = [each for each in found if known.get(each.name) != (each.kind, each.found)]
    if not new:
        return
    Drift.objects.filter(system=system, righted_at=None, name__in=[d.name for d in new]).delete()
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


@transaction.atomic
def _keep_refusals(
    system: System, found: Iterable[RefusedRules], at: datetime, actor: Actor
) -> None:
    known = {(row.owner, row.dataset): row for row in Refusal.objects.filter(system=system)}
    wanted = {(each.owner, each.dataset): each for each in found}
    over = [row for key, row in known.items() if key not in wanted]
    new = [each for key, each in wanted.items() if not _alike(known.get(key), each)]
    if not over and not new:
        return
    Refusal.objects.filter(pk__in=[row.pk for row in over]).delete()
    for each in new:
        Refusal.objects.update_or_create(
            system=system,
            owner=each.owner,
            dataset=each.dataset,
            defaults={"reasons": list(each.reasons), "closed": each.closed, "at": at},
        )
    for owner in sorted({each.owner for each in new} | {row.owner for row in over}):
        audit.record(
            action="enforcement.refuse" if owner in _owners(new) else "enforcement.accept",
            subject=owner,
            detail={
                "system": system.key,
                "reasons": [text for each in new if each.owner == owner for text in each.reasons],
            },
            actor=actor,
        )


def _owners(refused: Iterable[RefusedRules]) -> frozenset[Ref]:
    return frozenset(each.owner for each in refused)


def _alike(row: Refusal | None, each: RefusedRules) -> bool:
    return row is not None and (row.reasons, row.closed) == (list(each.reasons), each.closed)
