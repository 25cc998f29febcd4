"""The valve: a pass that would take away too much at once waits for a person; pure."""

from collections.abc import Iterable

from apps.enforcement.plan import Plan, Verb

FEWEST = 10
"""Below so many owned documents nothing is held: a share of a handful says nothing."""

LARGEST_SHARE = 0.30
"""A pass may remove this share of what is ours, and no more, by itself."""


def holds(plan: Plan, *, owned: int, released: Iterable[str] = ()) -> str:
    """Why this plan must wait, in one sentence; empty when it may go on.

    `owned` counts the documents of ours that stand there; `released` names those whose removal a
    person has let through: they no longer count, also when only some are left to be removed.
    """
    removals = len(removed(plan) - frozenset(released))
    if owned < FEWEST or removals <= owned * LARGEST_SHARE:
        return ""
    return (
        f"{removals} of {owned} documents would be removed at once, "
        f"{removals / owned:.0%} where {LARGEST_SHARE:.0%} is the limit."
    )


def removed(plan: Plan) -> frozenset[str]:
    """The names of the documents that the plan takes away."""
    return frozenset(change.name for change in plan.changes if change.verb is Verb.REMOVE)
