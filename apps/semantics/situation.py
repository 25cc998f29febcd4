"""The rules that bear on one decision, and what became of each grant among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.semantics.filters import Filter
from apps.semantics.masks import Mask
from apps.semantics.rules import Rule, Shape, Tier


@dataclass(frozen=True, slots=True)
class Situation:
    """One principal before one dataset: `about` all rules about both, the others those in force."""

    principal: str
    shape: Shape
    at: datetime
    about: tuple[Rule, ...]
    grants: tuple[Rule, ...]
    denials: tuple[Rule, ...]
    masks: tuple[Rule, ...]
    exemptions: tuple[Rule, ...]
    filters: tuple[Rule, ...]

    def masks_on(self, column: str) -> tuple[Rule, ...]:
        """The MASK rules that hold for the column, those lifted by an exemption left out."""
        return tuple(
            rule for rule in self.masks if rule.covers(column) and not self.lifted(rule, column)
        )

    def lifted(self, mask: Rule, column: str) -> Rule | None:
        """The exemption that lifts this mask from the column, if one does."""
        if mask.tier is not Tier.STANDARD:
            return None
        return next((rule for rule in self.exemptions if rule.covers(column)), None)


@dataclass(frozen=True, slots=True)
class Given:
    """A column as one grant shows it: under all these masks, in these rows (in normal form)."""

    masks: frozenset[Mask]
    rows: Filter


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a grant: columns and who denied them, columns and how they are given."""

    grant: Rule
    denied: Mapping[str, Rule]
    given: Mapping[str, Given]
