"""What somebody may read, in words: which columns in full, which masked and how, in which rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apps.semantics.explain import describe_filter, describe_mask
from apps.semantics.filters import EVERYTHING, Filter
from apps.semantics.masks import Mask, MaskFunction
from apps.semantics.rules import Branch


@dataclass(frozen=True, slots=True)
class Way:
    """Columns readable in the same rows: in full, and masked with how; no rows means every row."""

    plain: tuple[str, ...]
    masked: tuple[tuple[str, str], ...]
    rows: str

    @property
    def columns(self) -> int:
        """How many columns may be read."""
        return len(self.plain) + len(self.masked)


def ways_of(branches: Iterable[Branch]) -> tuple[Way, ...]:
    """The branches of a decision in words."""
    return tuple(way_of(dict(branch.columns), branch.filter) for branch in branches)


def way_of(columns: Mapping[str, Mask], rows: Filter) -> Way:
    """Columns with their masks, and rows, in words."""
    plain = [name for name, mask in columns.items() if mask.function is MaskFunction.NONE]
    masked = [
        (name, describe_mask(mask))
        for name, mask in columns.items()
        if mask.function is not MaskFunction.NONE
    ]
    return Way(tuple(plain), tuple(masked), "" if rows == EVERYTHING else describe_filter(rows))
