"""Everything the decision page shows about one approval, computed when it is opened."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.access.models import AccessRequest
from apps.access.selectors.asked import last_step
from apps.access.selectors.consequence import ItemConsequence, consequence_of
from apps.access.selectors.leeway import Leeway, leeway_of
from apps.access.selectors.standing import Standing, standings
from apps.access.selectors.taken import taken_away
from apps.access.selectors.ways import Way, ways_of
from apps.approvals import selectors as approvals
from apps.approvals.models import Approval, Stage, Verdict
from apps.approvals.selectors.panel import Panel, panels_of
from apps.core.errors import Problem
from apps.core.refs import key_of, kind_of
from apps.enforcement.plan import Plan
from apps.home.inbox.choosing import DatasetChoice, choices_of
from apps.home.inbox.narrowing import Narrowing
from apps.home.inbox.reach import Reach, reaches_of
from apps.identity.models import User
from apps.policies.models import PolicyVersion
from apps.policies.selectors.pages import says
from apps.semantics.rules import Branch

DAYS = (7, 30, 90, 180)
"""Shorter ends that a reviewer may choose, in days from now."""


@dataclass(frozen=True, slots=True)
class Item:
    """What approving would do to one dataset.

    `narrowed` says whether anything is less than was asked, `taken` what is not given at all.
    """

    uuid: str
    name: str
    system: str
    account: str
    was: int
    will_be: int
    ways: tuple[Way, ...]
    narrowed: bool
    taken: tuple[str, ...]
    until: datetime
    plan: Plan
    holders: tuple[Any, ...]
    reasons: tuple[str, ...]
    policy_url: str
    owner: str


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody answered, and what they took away from what was asked."""

    verdict: Verdict
    taken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageSaid:
    """One stage with who is asked, and every answer given in it."""

    panel: Panel
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """One approval for one reader; `refusal` says why it can only be denied.

    `choices` are what may still be narrowed, and `problem` what the service said to that choice:
    then nothing can be approved on it.
    """

    approval: Approval
    request: AccessRequest | None
    steps: list[dict[str, object]]
    grants: tuple[Standing, ...]
    items: tuple[Item, ...]
    refusal: str
    choices: tuple[DatasetChoice, ...]
    problem: Problem | None
    reaches: tuple[Reach, ...]
    says: tuple[str, ...]
    losses: tuple[Mapping[str, Any], ...]
    subject_url: str
    stages: tuple[StageSaid, ...]
    may_decide: bool
    in_place_of: str
    ended: str
    days: int
    ends: tuple[int, ...]
    whole: int

    @property
    def narrowed(self) -> bool:
        """Whether less would be given than was asked, as it is chosen now."""
        return any(item.narrowed for item in self.items)

    @property
    def pairs(self) -> tuple[tuple[Item, DatasetChoice | None], ...]:
        """Each dataset with what can be chosen in it, None where nothing can be."""
        return tuple(zip_longest(self.items, self.choices[: len(self.items)]))


def request_behind(approval: Approval) -> AccessRequest | None:
    """The access request that this approval decides, if it decides one."""
    asked = AccessRequest.objects.select_related("requester", "beneficiary", "purpose", "renews")
    return asked.filter(approval=approval.uuid).first()


def detail_of(approval: Approval, user: User, narrowing: Narrowing, at: datetime) -> Detail:
    """The detail for this user, as if approved so narrowed."""
    request = request_behind(approval)
    earlier = approvals.terms_so_far(approval)
    may_decide = user.has_perm("approvals.decide") and approvals.may_decide(user, approval, at)
    weighed = _weighed(request, earlier, narrowing.terms(request, at), at)
    grants = _grants(request)
    version = _proposed(approval)
    whole, days = _days(request, at), narrowing.days
    return Detail(
        approval=approval,
        request=request,
        steps=[*approvals.steps_of(approval, user), _last_step(approval, request, grants)],
        grants=grants,
        items=weighed.items,
        refusal=weighed.refusal,
        choices=weighed.choices if may_decide else (),
        problem=weighed.problem,
        reaches=reaches_of(request) if request and may_decide else (),
        says=says(version) if version else (),
        losses=tuple(approval.context.get("losses", ())),
        subject_url=_url(version.policy.ref if version else approval.subject),
        stages=tuple(_said(panel, request) for panel in panels_of(approval, user, at)),
        may_decide=may_decide,
        in_place_of=_in_place_of(approval, user, at) if may_decide else "",
        ended="" if approval.is_pending else approvals.how_it_ended(approval),
        days=days if days in DAYS and days < whole else 0,
        ends=tuple(n for n in DAYS if n < whole) if "until" not in earlier else (),
        whole=whole,
    )


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What approving would do on the terms chosen, or what the service says to them."""

    items: tuple[Item, ...] = ()
    refusal: str = ""
    choices: tuple[DatasetChoice, ...] = ()
    problem: Problem | None = None


def _weighed(
    request: AccessRequest | None,
    earlier: dict[str, Any],
    terms: dict[str, Any],
    at: datetime,
) -> _Weighed:
    if request is None or request.state != AccessRequest.State.PENDING:
        return _Weighed()
    try:
        leeway = leeway_of(request, earlier, at)
        items, problem = _items(request, earlier, terms, at)
    except Problem as refusal:
        return _Weighed(refusal=refusal.detail)
    return _Weighed(
        items=items,
        choices=choices_of(leeway, _asked(request, leeway), terms.get("items", {}), problem),
        problem=problem,
    )


def _items(
    request: AccessRequest, earlier: dict[str, Any], terms: dict[str, Any], at: datetime
) -> tuple[tuple[Item, ...], Problem | None]:
    """What approving would do; on the terms without those chosen now, where they are refused."""
    try:
        found = consequence_of(request, approvals.laid_over(earlier, terms), at)
        chosen = terms.get("items", {})
        return tuple(_item(one, request, chosen) for one in found), None
    except Problem as problem:
        if not terms:
            raise
        return tuple(
            _item(one, request, {}) for one in consequence_of(request, earlier, at)
        ), problem


def _asked(request: AccessRequest, leeway: tuple[Leeway, ...]) -> dict[str, list[str]]:
    by_dataset = dict(request.items.values_list("dataset", "columns"))
    return {str(one.dataset.uuid): by_dataset[one.dataset.pk] for one in leeway}


def _item(one: ItemConsequence, request: AccessRequest, chosen: Mapping[str, Any]) -> Item:
    dataset = one.routed.asked.dataset
    mine = dict(chosen.get(str(dataset.uuid), {}))
    left_out = {name: term for name, term in mine.items() if name != "masks"}
    return Item(
        uuid=str(dataset.uuid),
        name=dataset.qualified,
        system=dataset.system.name,
        account=one.routed.account.role,
        was=_readable(one.before.branches),
        will_be=_readable(one.after.branches),
        ways=ways_of(one.after.branches),
        narrowed=bool(mine),
        taken=taken_away(request, {"items": {str(dataset.uuid): left_out}}),
        until=one.routed.terms.until,
        plan=one.plan,
        holders=one.holders,
        reasons=tuple(one.routed.route.reasons),
        policy_url=_url(one.routed.route.policy),
        owner=dataset.owner.name if dataset.owner else "",
    )


def _readable(branches: tuple[Branch, ...]) -> int:
    return len({column for branch in branches for column, _mask in branch.columns})


def _said(panel: Panel, request: AccessRequest | None) -> StageSaid:
    said = (Said(one, taken_away(request, one.terms) if request else ()) for one in panel.verdicts)
    return StageSaid(panel, tuple(said))


def _grants(request: AccessRequest | None) -> tuple[Standing, ...]:
    """What an approved request became, with what the live system says of it."""
    if request is None:
        return ()
    return tuple(standings(request.grants.select_related("dataset__system")))


def _last_step(
    approval: Approval, request: AccessRequest | None, grants: tuple[Standing, ...]
) -> dict[str, object]:
    if request is not None:
        return last_step(approval, grants)
    done = approval.state == Approval.State.APPROVED
    return {"label": _("Carried out"), "state": "done" if done else "ahead"}


def _in_place_of(approval: Approval, user: User, at: datetime) -> str:
    """In whose place this user answers; empty for their own."""
    stage = approval.stages.filter(state=Stage.State.OPEN).first()
    seat = approvals.seat_of(user, stage, at) if stage else None
    return seat.on_behalf_of.name if seat and seat.on_behalf_of else ""


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
