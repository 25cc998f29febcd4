"""What an approval would do, computed from the rules and the live plan and not described."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.access.compile import rule_of
from apps.access.models import AccessRequest, Grant
from apps.access.reconsider import routed_again
from apps.access.routes import Routed, decision_for, draft_grant
from apps.access.selectors.requests import grants_on
from apps.enforcement import selectors as enforcement
from apps.enforcement.plan import Plan
from apps.semantics.rules import Decision


@dataclass(frozen=True, slots=True)
class ItemConsequence:
    """One dataset: what the beneficiary reads now and would read, and what changes out there."""

    routed: Routed
    before: Decision
    after: Decision
    plan: Plan
    holders: tuple[Grant, ...]


def consequence_of(
    request: AccessRequest, terms: Mapping[str, Any], at: datetime
) -> tuple[ItemConsequence, ...]:
    """The consequence for each item of approving on these terms now.

    Raises Refused or Invalid exactly when the decision itself would.
    """
    return tuple(_item(request, routed, at) for routed in routed_again(request, terms, at))


def _item(request: AccessRequest, routed: Routed, at: datetime) -> ItemConsequence:
    draft = draft_grant(routed.account, routed.asked.dataset, routed.terms, request.purpose, at)
    without = (request.renews.ref,) if request.renews else ()
    rules = enforcement.rules_on(draft.dataset)
    kept = tuple(rule for rule in rules if rule.origin not in without)
    return ItemConsequence(
        routed=routed,
        before=decision_for(draft, rules, at),
        after=decision_for(draft, (*kept, rule_of(draft)), at),
        plan=enforcement.preview_plan(
            system=draft.system, extra=(rule_of(draft),), without=without, at=at
        ),
        holders=tuple(grants_on(draft.dataset, at).exclude(beneficiary=draft.beneficiary)),
    )
