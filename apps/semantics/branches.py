"""Joining ways in without letting anybody see a cell that no single way in covers."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.core.refs import Ref
from apps.semantics.codec import canonical_text
from apps.semantics.filters import Filter
from apps.semantics.implication import implies
from apps.semantics.masks import NULL, REDACT, Mask, strictest
from apps.semantics.rules import Branch, Shape
from apps.semantics.simplify import either


@dataclass(frozen=True, slots=True)
class Way:
    """A branch in the making: each column still with all of its masks; the rows in normal form."""

    masks: Mapping[str, frozenset[Mask]]
    rows: Filter
    origins: frozenset[Ref]


def joined(ways: Iterable[Way], shape: Shape) -> tuple[Branch, ...]:
    """The same cells under the same masks in as few branches as this finds, in a fixed order.

    Two ways become one only where their rows are equal or their columns and masks are: {a, b} in
    the EU and {a, c} in the US stay two.
    """
    kept = list(ways)
    count = len(kept) + 1
    while len(kept) < count:
        count = len(kept)
        kept = [_side_by_side(group) for group in _grouped(kept, _rows)]
        kept = [_one_below_the_other(group) for group in _grouped(kept, _columns)]
    kept.sort(key=lambda way: (_rows(way), sorted(way.masks)))
    for way in tuple(kept):
        if any(other is not way and _covers(other, way) for other in kept):
            kept = [other for other in kept if other is not way]
    order = {column.name: position for position, column in enumerate(shape.columns)}
    return tuple(branch for way in kept for branch in _branches(way, kept, order))


def _rows(way: Way) -> str:
    return canonical_text(way.rows)


def _columns(way: Way) -> str:
    return repr(sorted((name, sorted(map(repr, masks))) for name, masks in way.masks.items()))


def _grouped(ways: Iterable[Way], key: Callable[[Way], str]) -> Iterable[Sequence[Way]]:
    groups: defaultdict[str, list[Way]] = defaultdict(list)
    for way in ways:
        groups[key(way)].append(way)
    return groups.values()


def _side_by_side(ways: Sequence[Way]) -> Way:
    """Ways over the same rows: all their columns, each under all of its masks."""
    masks: dict[str, frozenset[Mask]] = {}
    for way in ways:
        for column, more in way.masks.items():
            masks[column] = masks.get(column, frozenset()) | more
    return Way(masks, ways[0].rows, _origins(ways))


def _one_below_the_other(ways: Sequence[Way]) -> Way:
    """Ways of the same columns under the same masks: all their rows."""
    rows = ways[0].rows if len(ways) == 1 else either(way.rows for way in ways)
    return Way(ways[0].masks, rows, _origins(ways))


def _origins(ways: Sequence[Way]) -> frozenset[Ref]:
    return frozenset[Ref]().union(*(way.origins for way in ways))


def _covers(one: Way, other: Way) -> bool:
    """Whether each cell of `other` is shown by `one` too, and `other` adds no mask to it."""
    return implies(other.rows, one.rows) and all(
        column in one.masks and (masks <= one.masks[column] or strictest(one.masks[column]) == NULL)
        for column, masks in other.masks.items()
    )


def _branches(way: Way, ways: Sequence[Way], order: Mapping[str, int]) -> Iterator[Branch]:
    """The way with one mask for each column, and what those masks would make us forget.

    A column under redact and one other mask is shown redacted. Where it meets a third mask in a
    cell that another way covers as well, the answer is null: so the other mask stays as a branch
    of its own, wherever some way has such a third mask.
    """
    names = sorted(way.masks, key=order.__getitem__)
    origins = tuple(sorted(way.origins))
    shown = tuple((name, strictest(way.masks[name])) for name in names)
    yield Branch(shown, way.rows, origins)
    beneath = tuple(
        (name, mask)
        for name, outer in shown
        for mask in way.masks[name]
        if outer == REDACT and mask != REDACT and _meets_third(name, mask, ways)
    )
    if beneath:
        yield Branch(beneath, way.rows, origins)


def _meets_third(column: str, mask: Mask, ways: Sequence[Way]) -> bool:
    return any(way.masks.get(column, frozenset()) - {mask, REDACT, NULL} for way in ways)
