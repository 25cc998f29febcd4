"""What a change of rules would change out there, computed before anybody decides."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from apps.catalog import connections
from apps.catalog import selectors as catalog
from apps.catalog.models import System
from apps.core.errors import Refused
from apps.core.refs import Ref
from apps.enforcement.models import Declaration
from apps.enforcement.plan import Plan, plan
from apps.enforcement.rendering import Owned, datasets_named, render
from apps.enforcement.selectors.wanted import owned, standing_about
from apps.semantics.rules import Rule


def preview_plan(
    system: System, *, extra: Iterable[Rule], without: Collection[Ref] = (), at: datetime
) -> Plan:
    """The documents that change when `extra` rules come and those of the owners `without` go.

    Only datasets that either of them is about are rendered; nothing is asked of the system. A rule
    of `extra` is shown as it will be when it begins. Raises Refused, with the system's reasons,
    when the extra rules cannot be expressed there.
    """
    coming = tuple(Owned(rule.origin, replace(rule, valid_from=None)) for rule in extra)
    going = Declaration.objects.filter(system=system, withdrawn_at=None, owner__in=without)
    datasets = {each.rule.dataset for each in (*coming, *owned(going))}
    now = owned(standing_about(system, datasets), at)
    now = tuple(_about(now, datasets))
    kept = tuple(each for each in now if each.owner not in without)
    with connections.answering(system):
        target = connections.target(system)
    inventory = catalog.inventory(system, datasets_named((*now, *coming)) | datasets)
    before = render(target, now, inventory)
    after = render(target, (*kept, *coming), inventory)
    new = {(each.owner, each.dataset) for each in before.refusals}
    refusals = [each for each in after.refusals if (each.owner, each.dataset) not in new]
    if refusals:
        reasons = dict.fromkeys(reason for each in refusals for reason in each.reasons)
        raise Refused(" ".join(reasons))
    return plan(desired=after.documents, own=before.documents, direction=target.direction)


def _about(rules: Iterable[Owned], datasets: Collection[str]) -> list[Owned]:
    return [each for each in rules if each.rule.dataset in datasets]
