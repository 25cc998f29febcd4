"""What an approver may be shown of what somebody else would read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from apps.semantics.masks import Mask, MaskFunction, strictest
from apps.semantics.rules import Decision, Effect, Rule


def as_seen_by(decision: Decision, *, rules: Iterable[Rule], viewer: str, at: datetime) -> Decision:
    """The decision with each column's mask joined with those that bind the viewer.

    `viewer` is the principal of whoever looks, empty when they have none; masks over everybody
    bind them all the same, and an exemption of theirs is not used here.
    """
    binding = [rule for rule in rules if _binds(rule, decision.dataset, viewer, at)]
    return replace(
        decision,
        branches=tuple(
            replace(
                branch,
                columns=tuple(
                    (column, strictest((mask, *_masks(binding, column))))
                    for column, mask in branch.columns
                ),
            )
            for branch in decision.branches
        ),
    )


def _binds(rule: Rule, dataset: str, viewer: str, at: datetime) -> bool:
    return (
        rule.effect is Effect.MASK
        and rule.mask is not None
        and rule.mask.function is not MaskFunction.NONE
        and rule.dataset == dataset
        and viewer not in rule.excepted
        and (rule.principals is None or viewer in rule.principals)
        and (rule.valid_from is None or rule.valid_from <= at)
        and (rule.until is None or at < rule.until)
    )


def _masks(rules: Iterable[Rule], column: str) -> list[Mask]:
    return [
        rule.mask
        for rule in rules
        if rule.mask is not None and (rule.columns is None or column in rule.columns)
    ]
