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
from apps.approvals import selectors as approvals
from apps.approvals.models import Approval, Stage, Verdict
from apps.core.errors import Problem
from apps.core.refs import key_of, kind_of
from apps.enforcement.plan import Plan
from apps.identity.models import User
from apps.policies.models import PolicyVersion
from apps.policies.selectors.pages import says
from apps.semantics.explain import describe_filter, describe_mask
from apps.semantics.filters import EVERYTHING
from apps.semantics.masks import MaskFunction
from apps.semantics.rules import Branch

DAYS = (7, 30, 90, 180)
"""Shorter ends that a reviewer may choose, in days from now."""


@dataclass(frozen=True, slots=True)
class Way:
    """Columns readable in the same rows: in full, and masked with how; no rows means every row."""

    plain: tuple[str, ...]
    masked: tuple[tuple[str, str], ...]
    rows: str


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
        steps=_steps(approval, user),
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
        ways=tuple(_way(branch) for branch in one.after.branches),
        until=one.routed.terms.until,
        plan=one.plan,
        holders=one.holders,
        reasons=tuple(one.routed.route.reasons),
        policy_url=_url(one.routed.route.policy),
        owner=dataset.owner.name if dataset.owner else "",
    )


def _readable(branches: tuple[Branch, ...]) -> int:
    return len({column for branch in branches for column, _mask in branch.columns})


def _way(branch: Branch) -> Way:
    plain = [name for name, mask in branch.columns if mask.function is MaskFunction.NONE]
    masked = [
        (name, describe_mask(mask))
        for name, mask in branch.columns
        if mask.function is not MaskFunction.NONE
    ]
    rows = "" if branch.filter == EVERYTHING else describe_filter(branch.filter)
    return Way(tuple(plain), tuple(masked), rows)


def _steps(approval: Approval, user: User) -> list[dict[str, object]]:
    steps: list[dict[str, object]] = [
        {"label": _("Asked"), "note": approval.requested_by.name, "state": "done"}
    ]
    steps += [_step(stage, approval, user) for stage in approval.stages.order_by("position")]
    done = "done" if approval.state == Approval.State.APPROVED else "ahead"
    steps.append({"label": _("Applied and proven"), "state": done})
    return steps


def _step(stage: Stage, approval: Approval, user: User) -> dict[str, object]:
    answers = stage.verdicts.select_related("by")
    spoken = ", ".join(verdict.by.name for verdict in answers)
    if stage.state == Stage.State.PASSED:
        return {"label": stage.name, "note": spoken, "state": "done"}
    if stage.state == Stage.State.OPEN and not approval.is_pending:
        return {"label": stage.name, "note": spoken, "state": "failed"}
    state = "now" if stage.state == Stage.State.OPEN else "ahead"
    return {"label": stage.name, "note": _asked(stage, user), "state": state}


def _asked(stage: Stage, user: User) -> str:
    people = approvals.seated(stage)
    others = User.objects.filter(pk__in=people - {user.pk}).order_by("name")
    names = [*([_("You")] if user.pk in people else []), *others.values_list("name", flat=True)[:3]]
    more = len(people) - len(names)
    return ", ".join(names) + (_(" and %(more)d more") % {"more": more} if more > 0 else "")


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
