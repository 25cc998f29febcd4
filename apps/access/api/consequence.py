"""The consequence of an approval as JSON."""

from typing import Any

from apps.access.selectors.beside import beside
from apps.access.selectors.consequence import ItemConsequence
from apps.connectors.contracts import Preview
from apps.semantics import codec
from apps.semantics.explain import describe_filter, describe_mask
from apps.semantics.rules import Decision


def consequence_json(item: ItemConsequence) -> dict[str, Any]:
    """One dataset: read before and after, documents that change, what is beside, who holds it."""
    dataset = item.routed.asked.dataset
    return {
        "dataset": str(dataset.uuid),
        "name": dataset.qualified,
        "system": item.routed.account.system.key,
        "account": item.routed.account.role,
        "route": {"policy": item.routed.route.policy, "reasons": list(item.routed.route.reasons)},
        "before": decision_json(item.before),
        "after": decision_json(item.after),
        "documents": [change.as_json() for change in item.plan.changes],
        "beside": [way.as_json() for way in beside(dataset, item.routed.account.role)],
        "holders": [
            {"grant": grant.key, "name": grant.beneficiary.name, "until": grant.until.isoformat()}
            for grant in item.holders
        ],
    }


def decision_json(decision: Decision) -> dict[str, Any]:
    """What may be read, in values and in words."""
    return {
        "allowed": decision.allowed,
        "branches": [
            {
                "columns": {
                    column: {"mask": codec.encode_mask(mask), "text": describe_mask(mask)}
                    for column, mask in branch.columns
                },
                "filter": codec.encode_filter(branch.filter),
                "rows": describe_filter(branch.filter),
                "origins": list(branch.origins),
            }
            for branch in decision.branches
        ],
        "reasons": [
            {"rule": r.rule, "origin": r.origin, "contributed": r.contributed, "text": r.text}
            for r in decision.reasons
        ],
    }


def preview_json(preview: Preview) -> dict[str, Any]:
    """Columns and a few rows as text."""
    return {
        "columns": list(preview.columns),
        "masked": sorted(preview.masked),
        "rows": [list(row) for row in preview.rows],
        "visible_rows": preview.visible_rows,
        "total_rows": preview.total_rows,
    }
