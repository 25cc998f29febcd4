"""Keeping what a system did not take, for as long as it does not take it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import System
from apps.core.actors import Actor
from apps.core.refs import Ref
from apps.enforcement.models import Refusal
from apps.enforcement.rendering import RefusedRules
from apps.enforcement.selectors import Sight, changed_since, owners_on
from apps.enforcement.services.findings import report_refusals


@transaction.atomic
def keep_refusals(
    *,
    system: System,
    stage: Refusal.Stage,
    found: Iterable[RefusedRules],
    at: datetime,
    actor: Actor,
) -> None:
    """Make the refusals of this stage be those found; the same ones again write nothing."""
    rows = Refusal.objects.filter(system=system, stage=stage)
    known = {(row.owner, row.dataset): row for row in rows}
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
            stage=stage,
            defaults={"reasons": list(each.reasons), "closed": each.closed, "at": at},
        )
        _tell(
            "enforcement.refuse",
            system,
            each.owner,
            dataset=each.dataset,
            reasons=each.reasons,
            actor=actor,
        )
    for row in over:
        _tell(
            "enforcement.accept",
            system,
            row.owner,
            dataset=row.dataset,
            reasons=(),
            actor=actor,
        )
    report_refusals(system=system, at=at, actor=actor)


def refused_writes(
    system: System, sight: Sight, refused: Mapping[str, tuple[str, ...]]
) -> list[RefusedRules]:
    """Whose rules a document that the system did not take stands for.

    Those who were told the last time, and those whose rules changed since; where there are none,
    everybody who declares something about the dataset.
    """
    found: list[RefusedRules] = []
    told = Refusal.objects.filter(system=system, stage=Refusal.Stage.WRITE)
    for name, reasons in refused.items():
        known = sight.believed.get(name)
        dataset = sight.rendered.datasets.get(name) or (known.dataset if known else "")
        before = told.filter(dataset=dataset).values_list("owner", flat=True)
        owners = dict.fromkeys((*before, *changed_since(system, dataset)))
        owners = owners or dict.fromkeys(owners_on(system, dataset))
        found.extend(RefusedRules(owner, dataset, tuple(reasons)) for owner in owners)
    return found


def _alike(row: Refusal | None, each: RefusedRules) -> bool:
    return row is not None and (row.reasons, row.closed) == (list(each.reasons), each.closed)


def _tell(
    action: str, system: System, owner: Ref, *, dataset: str, reasons: Iterable[str], actor: Actor
) -> None:
    audit.record(
        action=action,
        subject=owner,
        detail={"system": system.key, "dataset": dataset, "reasons": list(reasons)},
        actor=actor,
    )
