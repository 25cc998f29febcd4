"""What comes of asking for something: who decides, what would be seen, or why it is refused."""

import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.access.compile import rule_of
from apps.access.models import AccessRequest, Grant, Purpose
from apps.access.routes import Asked, Routed, decision_for, draft_grant, route_items
from apps.access.selectors.requests import pending_for
from apps.access.selectors.ways import Way, ways_of
from apps.approvals import selectors as approvals
from apps.core.errors import Problem
from apps.core.refs import Ref
from apps.enforcement import selectors as enforcement
from apps.identity.models import User

REMEMBERED = 50
"""So many of the last decisions say how long one takes."""
FEWEST = 3
"""Fewer decisions than this say nothing."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stage to come: how many of whom."""

    name: str
    needed: int
    who: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """One dataset: either `refusal` says why it cannot be asked so, or the rest says what comes."""

    asked: Asked
    refusal: str = ""
    pending: AccessRequest | None = None
    held: tuple[Grant, ...] = ()
    turns: tuple[Turn, ...] = ()
    ways: tuple[Way, ...] = ()
    longest_days: int = 0
    decide_by: datetime | None = None
    usual: timedelta | None = None
    reasons: tuple[str, ...] = ()

    @property
    def readable(self) -> int:
        """How many columns would be read, in full or masked."""
        return len({name for way in self.ways for name in (*way.plain, *dict(way.masked))})

    @property
    def usual_words(self) -> str:
        """How long a decision usually takes, roughly."""
        hours = round(self.usual.total_seconds() / 3600) if self.usual else 0
        if hours < 1:
            return str(_("within the hour"))
        if hours < 48:
            return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
        return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}


def outlook(
    *,
    requester: User,
    beneficiary: User,
    item: Asked,
    purpose: Purpose,
    until: datetime,
    at: datetime,
) -> Outlook:
    """What asking for this now would lead to; exactly what submitting would refuse is refused."""
    held = tuple(Grant.objects.live(at).filter(beneficiary=beneficiary, dataset=item.dataset))
    waiting = pending_for(beneficiary, [item.dataset]).first()
    if waiting is not None:
        return Outlook(asked=item, pending=waiting.request, held=held)
    if item.columns is not None and not item.columns:
        return Outlook(asked=item, refusal="Choose at least one column.", held=held)
    try:
        routed = route_items(
            beneficiary=beneficiary, items=[item], purpose=purpose, until=until, at=at
        )[0]
    except Problem as problem:
        return Outlook(asked=item, refusal=problem.detail, held=held)
    return _hopeful(routed, requester, purpose, held, at)


def _hopeful(
    routed: Routed, requester: User, purpose: Purpose, held: tuple[Grant, ...], at: datetime
) -> Outlook:
    dataset, route = routed.asked.dataset, routed.route
    draft = draft_grant(routed.account, dataset, routed.terms, purpose, at)
    rules = (*enforcement.rules_on(dataset), rule_of(draft))
    return Outlook(
        asked=routed.asked,
        held=held,
        turns=tuple(
            Turn(
                stage.name,
                stage.needed,
                approvals.would_decide(
                    stage,
                    requester=requester,
                    beneficiary=draft.beneficiary,
                    domain=dataset.domain,
                ),
            )
            for stage in route.stages
        ),
        ways=ways_of(decision_for(draft, rules, at).branches),
        longest_days=route.longest.days,
        decide_by=route.decide_by(at),
        usual=usual_time(route.policy),
        reasons=tuple(route.reasons),
    )


def usual_time(policy: Ref) -> timedelta | None:
    """The median time of the last decisions by this request policy; None when there are too few."""
    answered = (AccessRequest.State.APPROVED, AccessRequest.State.DENIED)
    decided = AccessRequest.objects.filter(items__route__policy=policy, state__in=answered)
    times = decided.order_by("-id").values_list("decided_at", "created_at").distinct()[:REMEMBERED]
    took = [(end - start).total_seconds() for end, start in times if end is not None]
    return timedelta(seconds=statistics.median(took)) if len(took) >= FEWEST else None
