"""Everything the decision page shows about one approval, computed when it is opened."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _

from apps.access.models import AccessRequest
from apps.access.selectors.asked import last_step
from apps.access.selectors.standing import Standing, standings
from apps.access.selectors.taken import taken_away
from apps.approvals import selectors as approvals
from apps.approvals.models import Approval, Stage, Verdict
from apps.approvals.selectors.panel import Panel, panels_of
from apps.core.errors import Problem
from apps.home.inbox.choosing import DatasetChoice
from apps.home.inbox.narrowing import Narrowing
from apps.home.inbox.reach import Reach, reaches_of
from apps.home.inbox.weighing import Item, url_of, weigh
from apps.identity.models import User
from apps.policies.models import PolicyVersion
from apps.policies.selectors.pages import says

DAYS = (7, 30, 90, 180)
"""Shorter ends that a reviewer may choose, in days from now."""


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
    weighed = weigh(request, earlier, narrowing.terms(request, at), at)
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
        subject_url=url_of(version.policy.ref if version else approval.subject),
        stages=tuple(_said(panel, request) for panel in panels_of(approval, user, at)),
        may_decide=may_decide,
        in_place_of=_in_place_of(approval, user, at) if may_decide else "",
        ended="" if approval.is_pending else approvals.how_it_ended(approval),
        days=days if days in DAYS and days < whole else 0,
        ends=tuple(n for n in DAYS if n < whole) if "until" not in earlier else (),
        whole=whole,
    )


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


def _days(request: AccessRequest | None, at: datetime) -> int:
    if request is None:
        return 0
    return max(0, math.ceil((request.until - at).total_seconds() / 86400))
