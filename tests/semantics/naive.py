"""A second reading of the rules, cell by cell and without any of the code that decides."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from apps.semantics import filters as f
from apps.semantics.rules import Rule, Shape
from tests.semantics.strategies import follow

TRUE, FALSE, UNKNOWN = 2, 0, 1
"""Kleene's truth values as numbers: and is min, or is max, not is 2 - x."""


def truth(node: f.Filter, row: Mapping[str, Any]) -> int:
    """The truth value of the filter for the row."""
    kind = type(node).__name__
    if kind == "Everything":
        return TRUE
    if kind == "And":
        return min([TRUE, *(truth(part, row) for part in node.parts)])
    if kind == "Or":
        return max([FALSE, *(truth(part, row) for part in node.parts)])
    if kind == "Not":
        return 2 - truth(node.part, row)
    if kind == "IsNull":
        return TRUE if row[node.column] is None else FALSE
    if kind == "Exists":
        (hop,) = node.path
        found = [truth(node.where, end) == TRUE for end in follow(hop, row)]
        return TRUE if any(found) else FALSE
    if kind == "In" and not node.values:
        return FALSE
    if kind == "SubjectIs" or row[node.column] is None:
        return UNKNOWN
    value = row[node.column]
    if kind == "In":
        return TRUE if value in node.values else FALSE
    answer = {
        "=": value == node.value,
        "!=": value != node.value,
        "<": value < node.value,
        "<=": value <= node.value,
        ">": value > node.value,
        ">=": value >= node.value,
    }[node.operator.value]
    return TRUE if answer else FALSE


def shown(
    rules: Iterable[Rule],
    principal: str,
    shape: Shape,
    row: Mapping[str, Any],
    column: str,
    at: datetime,
) -> str:
    """`hidden`, `plain`, or the mask under which the cell is shown, as a text."""
    mine = [
        rule
        for rule in rules
        if rule.dataset == shape.dataset
        and rule.action.value == "read"
        and (rule.principals is None or principal in rule.principals)
        and principal not in rule.excepted
        and not (rule.valid_from and at < rule.valid_from)
        and not (rule.until and at >= rule.until)
        and (rule.columns is None or column in rule.columns)
    ]
    of = {kind: [r for r in mine if r.effect.value == kind] for kind in ("deny", "mask", "filter")}
    exempt = any(rule.mask.function.value == "none" for rule in of["mask"])
    standing = [
        str(rule.mask)
        for rule in of["mask"]
        if rule.mask.function.value != "none" and not (exempt and rule.tier.value == "standard")
    ]
    if any(truth(rule.filter, row) != TRUE for rule in of["filter"]):
        return "hidden"
    seen: set[str] = set()
    found = False
    for grant in mine:
        if grant.effect.value != "grant" or grant.tier.value == "guardrail":
            continue
        deadly = {"standard": ("standard", "exception", "guardrail")}.get(
            grant.tier.value, ("exception", "guardrail")
        )
        if any(denial.tier.value in deadly for denial in of["deny"]):
            continue
        if truth(grant.filter, row) != TRUE:
            continue
        found = True
        seen |= {*standing, *(str(mask) for name, mask in grant.masks if name == column)}
    if not found:
        return "hidden"
    if not next(c for c in shape.columns if c.name == column).classified:
        return "null"
    kinds = {text for text in seen if "'null'" not in text and "'redact'" not in text}
    if any("'null'" in text for text in seen) or len(kinds) > 1:
        return "null"
    if any("'redact'" in text for text in seen):
        return "redact"
    return kinds.pop() if kinds else "plain"
