"""Everything the decision page shows about one approval, computed when it is opened."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.access.models import AccessRequest
from apps.access.selectors.consequence import ItemConsequence, consequence_of
from apps.access.selectors.ways import Way, ways_of
from apps.approvals import selectors as approvals
from apps.approvals.models import Approval, Verdict
from apps.core.errors import Problem
from apps.core.refs import key_of, kind_of
from apps.enforcement.plan import Plan
from apps.identity.models import User
from apps.policies.models import PolicyVersion
from apps.policies.selectors.pages import says
from apps.semantics.rules import Branch

DAYS = (7, 30, 90, 180)
"""Shorter ends that a reviewer may choose, in days from now."""


@dataclass(frozen=True, slots=True)
class Item:
    """What approving would do to one dataset."""

    uuid: str
    name: str
    system: str
    account: str
    was: int
    will_be: int
    ways: tuple[Way, ...]
    until: datetime
    plan: Plan
    holders: tuple[Any, ...]
    reasons: tuple[str, ...]
    policy_url: str
    owner: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One approval for one reader; `refusal` says why it can only be denied."""

    approval: Approval
    request: AccessRequest | None
    steps: list[dict[str, object]]
    items: tuple[Item, ...]
    refusal: str
    says: tuple[str, ...]
    losses: tuple[Mapping[str, Any], ...]
    subject_url: str
    verdicts: tuple[Verdict, ...]
    may_decide: bool
    ended: str
    days: int
    choices: tuple[int, ...]
    whole: int


def request_behind(approval: Approval) -> AccessRequest | None:
    """The access request that this approval decides, if it decides one."""
    asked = AccessRequest.objects.select_related("requester", "beneficiary", "purpose", "renews")
    return asked.filter(approval=approval.uuid).first()


def terms_for(request: AccessRequest | None, days: int, at: datetime) -> dict[str, Any]:
    """The narrowing that this many days from now means; none for 0 or for as long as asked."""
    if request is None or days < 1 or at + timedelta(days=days) >= request.until:
        return {}
    return {"until": (at + timedelta(days=days)).isoformat()}


def detail_of(approval: Approval, user: User, days: int, at: datetime) -> Detail:
    """The detail for this user, as if approved for so many days; 0 means as long as asked."""
    request = request_behind(approval)
    earlier = approvals.terms_so_far(approval)
    items, refusal = _items(request, earlier | terms_for(request, days, at), at)
    whole = _days(request, at)
    version = _proposed(approval)
    open_end = "until" not in earlier
    return Detail(
        approval=approval,
        request=request,
        steps=[
            *approvals.steps_of(approval, user),
            {
                "label": _("Applied and proven"),
                "state": "done" if approval.state == Approval.State.APPROVED else "ahead",
            },
        ],
        items=items,
        refusal=refusal,
        says=says(version) if version else (),
        losses=tuple(approval.context.get("losses", ())),
        subject_url=_url(version.policy.ref if version else approval.subject),
        verdicts=tuple(_verdicts(approval)),
        may_decide=user.has_perm("approvals.decide") and approvals.may_decide(user, approval, at),
        ended="" if approval.is_pending else approvals.how_it_ended(approval),
        days=days if days in DAYS and days < whole else 0,
        choices=tuple(n for n in DAYS if n < whole) if open_end else (),
        whole=whole,
    )


def _items(
    request: AccessRequest | None, terms: Mapping[str, Any], at: datetime
) -> tuple[tuple[Item, ...], str]:
    if request is None or request.state != AccessRequest.State.PENDING:
        return (), ""
    try:
        return tuple(_item(one) for one in consequence_of(request, terms, at)), ""
    except Problem as problem:
        return (), problem.detail


def _item(one: ItemConsequence) -> Item:
    dataset = one.routed.asked.dataset
    return Item(
        uuid=str(dataset.uuid),
        name=dataset.qualified,
        system=dataset.system.name,
        account=one.routed.account.role,
        was=_readable(one.before.branches),
        will_be=_readable(one.after.branches),
        ways=ways_of(one.after.branches),
        until=one.routed.terms.until,
        plan=one.plan,
        holders=one.holders,
        reasons=tuple(one.routed.route.reasons),
        policy_url=_url(one.routed.route.policy),
        owner=dataset.owner.name if dataset.owner else "",
    )


def _readable(branches: tuple[Branch, ...]) -> int:
    return len({column for branch in branches for column, _mask in branch.columns})


def _verdicts(approval: Approval) -> list[Verdict]:
    found = Verdict.objects.filter(stage__approval=approval)
    return list(found.select_related("by", "on_behalf_of", "stage").order_by("at", "id"))


def _proposed(approval: Approval) -> PolicyVersion | None:
    versions = PolicyVersion.objects.select_related("policy")
    return versions.filter(approval=approval.uuid).first()


def _url(subject: str) -> str:
    """Where the page of a thing is, when it has one."""
    names = {"policy": "policies:policy"}
    name = names.get(kind_of(subject))
    try:
        return reverse(name, args=[key_of(subject)]) if name else ""
    except NoReverseMatch:
        return ""


def _days(request: AccessRequest | None, at: datetime) -> int:
    if request is None:
        return 0
    return max(0, math.ceil((request.until - at).total_seconds() / 86400))
