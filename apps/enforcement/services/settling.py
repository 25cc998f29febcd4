"""Remembering what stands in a system by our hand: before it is sent, and once it was read back."""

from collections.abc import Iterable, Mapping

from django.db.models.functions import Now

from apps.catalog.models import System
from apps.connectors.contracts import Document
from apps.enforcement.models import AppliedDocument
from apps.enforcement.plan import Change, Plan, digest_of
from apps.enforcement.selectors import Sight

_BATCH = 1000


def intend(system: System, sight: Sight) -> None:
    """Note what is about to be sent, in a constant number of statements."""
    AppliedDocument.objects.bulk_create(
        [_intention(system, change, sight) for change in sight.plan.changes],
        update_conflicts=True,
        unique_fields=["system", "name"],
        update_fields=["pending", "intended", "dataset"],
        batch_size=_BATCH,
    )


def settle(system: System, plan: Plan, own: Mapping[str, Document]) -> None:
    """Believe what was read back under each name of the plan.

    What is neither as before nor as sent was done by somebody else: what we sent stays our belief,
    so that it shows as drift.
    """
    standing: dict[str, Document | None] = {}
    for change in plan.changes:
        stands = own.get(change.name)
        ours = stands in (change.before, change.after)
        standing[change.name] = stands if ours else change.after
    _believe(system, standing)


def settle_unsettled(system: System, sight: Sight) -> list[str]:
    """Believe what stands where nothing is left to be done; returns the names concerned."""
    own = sight.observed.own
    names = [
        each.name
        for each in sight.believed.values()
        if each.pending or own.get(each.name) != each.document
        if each.dataset not in sight.rendered.kept
    ]
    _believe(system, {name: own.get(name) for name in names})
    return names


def _believe(system: System, standing: Mapping[str, Document | None]) -> None:
    gone = [name for name, document in standing.items() if document is None]
    if gone:
        AppliedDocument.objects.filter(system=system, name__in=gone).delete()
    AppliedDocument.objects.bulk_create(
        _rows(system, standing),
        update_conflicts=True,
        unique_fields=["system", "name"],
        update_fields=["document", "digest", "applied_at", "pending", "intended"],
        batch_size=_BATCH,
    )


def _rows(system: System, standing: Mapping[str, Document | None]) -> Iterable[AppliedDocument]:
    return [
        AppliedDocument(
            system=system,
            name=name,
            document=document,
            digest=digest_of(document),
            applied_at=Now(),
            pending=False,
            intended=None,
        )
        for name, document in standing.items()
        if document is not None
    ]


def _intention(system: System, change: Change, sight: Sight) -> AppliedDocument:
    known = sight.believed.get(change.name)
    dataset = sight.rendered.datasets.get(change.name) or (known.dataset if known else "")
    return AppliedDocument(
        system=system, name=change.name, dataset=dataset, pending=True, intended=change.after
    )
