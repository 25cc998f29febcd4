"""How many people and services see each column of a dataset in full, and how many masked."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from apps.catalog.models import Dataset
from apps.catalog.selectors import shape_of
from apps.enforcement.selectors import rules_on
from apps.semantics.decide import decide
from apps.semantics.masks import PLAIN
from apps.semantics.rules import Effect

MOST = 500
"""Of more holders than these nothing is counted: each is a decision of its own."""


@dataclass(slots=True)
class Readers:
    """How many see a column in full, in some row at least, and how many only masked."""

    plain: int = 0
    masked: int = 0


def readers_of(dataset: Dataset, at: datetime) -> dict[str, Readers] | None:
    """By column, those to whom Seneschal gives the dataset at `at`; None when they are too many."""
    rules = rules_on(dataset)
    holders = {
        principal
        for rule in rules
        if rule.effect is Effect.GRANT and rule.principals
        for principal in rule.principals
    }
    if len(holders) > MOST:
        return None
    shape = shape_of(dataset)
    found: defaultdict[str, Readers] = defaultdict(Readers)
    for principal in holders:
        decision = decide(rules, principal=principal, shape=shape, at=at)
        seen: defaultdict[str, bool] = defaultdict(bool)
        for branch in decision.branches:
            for column, mask in branch.columns:
                seen[column] |= mask == PLAIN
        for column, plain in seen.items():
            found[column].plain += plain
            found[column].masked += not plain
    return {column.name: found[column.name] for column in shape.columns}
