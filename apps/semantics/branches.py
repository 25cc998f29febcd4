"""Joining ways in without letting anybody see a cell that no single way in covers."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from apps.semantics.codec import canonical_text
from apps.semantics.implication import implies
from apps.semantics.masks import Mask, strictest
from apps.semantics.rules import Branch, Shape
from apps.semantics.simplify import either


def joined(branches: Iterable[Branch], shape: Shape) -> tuple[Branch, ...]:
    """The same cells under the same masks in as few branches as this finds, in a fixed order.

    Two branches become one only where their filters are equal or their columns and masks are:
    {a, b} in the EU and {a, c} in the US stay two. The filters must be in normal form.
    """
    order = {column.name: position for position, column in enumerate(shape.columns)}
    kept = list(branches)
    count = len(kept) + 1
    while len(kept) < count:
        count = len(kept)
        kept = _grouped(
            kept, lambda one: canonical_text(one.filter), lambda g: _side_by_side(g, order)
        )
        kept = _grouped(kept, lambda one: one.columns, _one_below_the_other)
    kept.sort(key=lambda one: (canonical_text(one.filter), [name for name, _ in one.columns]))
    for branch in tuple(kept):
        if any(other is not branch and _covers(other, branch) for other in kept):
            kept = [other for other in kept if other is not branch]
    return tuple(kept)


def _grouped(
    branches: Iterable[Branch],
    key: Callable[[Branch], Hashable],
    merge: Callable[[Sequence[Branch]], Branch],
) -> list[Branch]:
    groups: defaultdict[Hashable, list[Branch]] = defaultdict(list)
    for branch in branches:
        groups[key(branch)].append(branch)
    return [merge(group) for group in groups.values()]


def _side_by_side(branches: Sequence[Branch], order: dict[str, int]) -> Branch:
    """Branches over the same rows: all their columns, each under the strictest mask."""
    masks: defaultdict[str, list[Mask]] = defaultdict(list)
    for branch in branches:
        for column, mask in branch.columns:
            masks[column].append(mask)
    columns = tuple((name, strictest(masks[name])) for name in sorted(masks, key=order.__getitem__))
    return Branch(columns, branches[0].filter, _origins(branches))


def _one_below_the_other(branches: Sequence[Branch]) -> Branch:
    """Branches of the same columns under the same masks: all their rows."""
    rows = [branch.filter for branch in branches]
    filter = rows[0] if len(rows) == 1 else either(rows)
    return Branch(branches[0].columns, filter, _origins(branches))


def _origins(branches: Sequence[Branch]) -> tuple[str, ...]:
    return tuple(sorted({origin for branch in branches for origin in branch.origins}))


def _covers(one: Branch, other: Branch) -> bool:
    """Whether each cell of `other` is shown by `one` too, and `other` makes none stricter."""
    masks = dict(one.columns)
    return implies(other.filter, one.filter) and all(
        column in masks and strictest((mask, masks[column])) == masks[column]
        for column, mask in other.columns
    )
