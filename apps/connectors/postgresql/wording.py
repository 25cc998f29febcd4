"""Says in the words of the proof matrix how a column is shown."""

from apps.semantics.masks import NULL, PLAIN, Mask
from apps.semantics.rules import Decision


def words(mask: Mask) -> str:
    """A mask in the words of the proof matrix."""
    if mask == PLAIN:
        return "plain"
    if mask == NULL:
        return "NULL"
    return f"masked ({mask.function})"


def shown_as(decision: Decision, column: str) -> str:
    """How a readable column is shown, where it is shown in several ways all of them."""
    masks = {dict(branch.columns).get(column) for branch in decision.branches} - {None}
    return " or ".join(sorted({words(mask) for mask in masks if mask is not None}))
