"""One look at a system: what is wanted, what stands there, and what lies between."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.catalog import selectors as catalog
from apps.catalog.models import System
from apps.connectors.contracts import Inventory, Observed, Target
from apps.enforcement.drifting import Believed, Drifted, drifted
from apps.enforcement.models import AppliedDocument
from apps.enforcement.plan import Plan, plan
from apps.enforcement.rendering import Rendered, render
from apps.enforcement.selectors.wanted import owned, standing


@dataclass(frozen=True, slots=True)
class Sight:
    """What is wanted (`rendered`), what we believe and what is there, the drift and the plan."""

    inventory: Inventory
    rendered: Rendered
    believed: Mapping[str, Believed]
    observed: Observed
    drift: tuple[Drifted, ...]
    plan: Plan

    def again(self, target: Target) -> "Sight":
        """Look once more at the system, wanting the same."""
        return _look(target, self.inventory, self.rendered, self.believed)


def look(system: System, target: Target, *, at: datetime) -> Sight:
    """Look at the system, with a constant number of reads of it and of our own rows.

    Raises Unreachable when it does not answer wholly.
    """
    inventory = catalog.inventory(system)
    rendered = render(target, owned(standing(system), at), inventory)
    return _look(target, inventory, rendered, believed(system))


def believed(system: System) -> dict[str, Believed]:
    """What we believe to have left there, by name."""
    rows = AppliedDocument.objects.filter(system=system).values_list(
        "name", "document", "pending", "intended", "dataset"
    )
    return {row[0]: Believed(*row) for row in rows.iterator(chunk_size=2000)}


def _look(
    target: Target, inventory: Inventory, rendered: Rendered, known: Mapping[str, Believed]
) -> Sight:
    observed = target.read()
    return Sight(
        inventory=inventory,
        rendered=rendered,
        believed=known,
        observed=observed,
        drift=drifted(known.values(), observed.own),
        plan=plan(
            desired=rendered.documents,
            own=observed.own,
            direction=target.direction,
            untouched=_left_alone(rendered, known),
        ),
    )


def _left_alone(rendered: Rendered, known: Mapping[str, Believed]) -> frozenset[str]:
    """The documents of datasets that must stay as they are, and those that they share."""
    if not rendered.kept:
        return frozenset()
    return frozenset(
        name
        for name, each in known.items()
        if each.dataset in rendered.kept or (not each.dataset and name not in rendered.documents)
    )
