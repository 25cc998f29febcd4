"""The oracle: what a decision shows of given rows, evaluated here, cell by cell."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias

from apps.semantics.filters import (
    And,
    Compare,
    Everything,
    Exists,
    Filter,
    Hop,
    In,
    IsNull,
    Not,
    Operator,
    Or,
    SubjectIs,
)
from apps.semantics.masking import apply_mask
from apps.semantics.masks import Mask, strictest
from apps.semantics.rules import Branch, Decision, Shape
from apps.semantics.values import compare

Row: TypeAlias = Mapping[str, Any]
"""A row as column → value; NULL is None."""

Follow: TypeAlias = Callable[[Hop, Row], Iterable[Row]]
"""The rows to which one foreign key leads from a row."""


class _Hidden(Enum):
    HIDDEN = "hidden"


HIDDEN: Final = _Hidden.HIDDEN
"""The answer for a cell that is not readable; a system shows NULL for it, or no row at all."""


def no_follow(hop: Hop, row: Row) -> Iterable[Row]:
    """For filters without paths. Raises ValueError when one is followed all the same."""
    raise ValueError(f"nobody said how to follow a foreign key to {hop.to_dataset}")


def matches(filter: Filter, row: Row, follow: Follow = no_follow) -> bool | None:  # noqa: PLR0911
    """Whether the row matches; None where a NULL, or an unbound attribute, leaves it unknown.

    A row is readable only where the answer is True. Raises KeyError for a column that the row does
    not have, and TypeError for a comparison that has no meaning.
    """
    match filter:
        case Everything():
            return True
        case Compare(column, operator, value):
            return compare(row[column], operator, value)
        case In(column, values):
            each = [compare(row[column], Operator.EQ, value) for value in values]
            return _some(each)
        case SubjectIs():
            return None
        case IsNull(column):
            return row[column] is None
        case Not(part):
            inner = matches(part, row, follow)
            return None if inner is None else not inner
        case And(parts):
            return _every([matches(part, row, follow) for part in parts])
        case Or(parts):
            return _some([matches(part, row, follow) for part in parts])
        case Exists(path, where):
            return any(matches(where, end, follow) is True for end in _ends(path, row, follow))


def _every(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _some(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _ends(path: tuple[Hop, ...], row: Row, follow: Follow) -> Iterable[Row]:
    if not path:
        yield row
        return
    for next_row in follow(path[0], row):
        yield from _ends(path[1:], next_row, follow)


def covering(decision: Decision, row: Row, follow: Follow = no_follow) -> tuple[Branch, ...]:
    """The branches through which the row is readable; none: the row is not there."""
    return tuple(
        branch for branch in decision.branches if matches(branch.filter, row, follow) is True
    )


def mask_of(decision: Decision, row: Row, column: str, follow: Follow = no_follow) -> Mask | None:
    """The mask under which the cell is shown, the strictest of those covering it; None: hidden."""
    masks = [
        mask
        for branch in covering(decision, row, follow)
        for name, mask in branch.columns
        if name == column
    ]
    return strictest(masks) if masks else None


def cell(
    decision: Decision,
    row: Row,
    column: str,
    *,
    shape: Shape,
    key: bytes = b"",
    follow: Follow = no_follow,
) -> Any:
    """What the principal sees in one cell, or `HIDDEN`.

    `shape` is that of the decision's dataset and `key` the system's mask key. Raises KeyError for a
    column that the shape does not have, ValueError for a mask that does not fit it.
    """
    mask = mask_of(decision, row, column, follow)
    if mask is None:
        return HIDDEN
    types = {each.name: each.type for each in shape.columns}
    return apply_mask(
        mask,
        row[column],
        type=types[column],
        key=key,
        dataset=decision.dataset,
        column=column,
    )
