"""How far a reviewer may still narrow a request: its columns, and the stricter masks of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.access.compile import rule_of
from apps.access.models import AccessRequest
from apps.access.reconsider import routed_again
from apps.access.routes import Routed, decision_for, draft_grant
from apps.catalog import selectors as catalog
from apps.catalog.models import Dataset, Tag
from apps.enforcement import selectors as enforcement
from apps.semantics.masks import Mask
from apps.semantics.rules import Effect
from apps.semantics.stricter import stricter_than


@dataclass(frozen=True, slots=True)
class ColumnLeeway:
    """A column that would be given as `mask` shows it; None when a rule denies it all the same."""

    name: str
    type: str
    mask: Mask | None
    stricter: tuple[Mask, ...]
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Leeway:
    """One dataset; `settled` when an earlier reviewer has chosen its columns, which stands."""

    dataset: Dataset
    columns: tuple[ColumnLeeway, ...]
    settled: bool


def leeway_of(
    request: AccessRequest, earlier: Mapping[str, Any], at: datetime
) -> tuple[Leeway, ...]:
    """What is left to narrow after the terms that earlier reviewers set.

    A column whose mask one of them chose offers no other. Raises Refused or Invalid when the
    request may not be approved on those terms.
    """
    given = earlier.get("items", {})
    return tuple(
        _leeway(request, routed, given.get(str(routed.asked.dataset.uuid), {}), at)
        for routed in routed_again(request, earlier, at)
    )


def _leeway(
    request: AccessRequest, routed: Routed, earlier: Mapping[str, Any], at: datetime
) -> Leeway:
    dataset = routed.asked.dataset
    shown, tags = _shown(request, routed, at), catalog.tags_of(dataset)
    settled = earlier.get("masks", {})
    columns = []
    for column in catalog.shape_of(dataset).columns:
        if column.name not in routed.terms.columns:
            continue
        mask = shown.get(column.name)
        fixed = mask is None or column.name in settled
        columns.append(
            ColumnLeeway(
                name=column.name,
                type=column.type,
                mask=mask,
                stricter=() if fixed or mask is None else stricter_than(mask, column.type),
                tags=tuple(tags.get(column.name, ())),
            )
        )
    return Leeway(dataset, tuple(columns), settled="columns" in earlier)


def _shown(request: AccessRequest, routed: Routed, at: datetime) -> dict[str, Mask]:
    """How this grant alone would show each column, under the rules that are no grants."""
    draft = draft_grant(routed.account, routed.asked.dataset, routed.terms, request.purpose, at)
    rules = enforcement.rules_on(draft.dataset)
    others = (rule for rule in rules if rule.effect is not Effect.GRANT)
    decision = decision_for(draft, (*others, rule_of(draft)), at)
    return {column: mask for branch in decision.branches for column, mask in branch.columns}
