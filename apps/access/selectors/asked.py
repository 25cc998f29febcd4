"""Requests for pages: lists with whose turn it is, and one with its way, answers and grants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.access.models import AccessRequest, RequestedItem
from apps.access.selectors.consequence import consequence_of
from apps.access.selectors.requests import verdicts_on
from apps.access.selectors.standing import Standing, standings
from apps.access.selectors.taken import taken_away
from apps.access.selectors.ways import Way, way_of, ways_of
from apps.approvals import selectors as approvals
from apps.approvals.models import Approval, Verdict
from apps.core.errors import Problem
from apps.enforcement.selectors import State
from apps.identity.models import User
from apps.semantics import codec
from apps.semantics.masks import PLAIN

_TONES = {
    AccessRequest.State.PENDING: "warn",
    AccessRequest.State.APPROVED: "ok",
    AccessRequest.State.DENIED: "bad",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A request as a line: what was asked, whose turn it is or how it ended, what it became."""

    request: AccessRequest
    items: tuple[RequestedItem, ...]
    turn: str
    deadline: datetime | None
    grants: tuple[Standing, ...]

    @property
    def tone(self) -> str:
        """The tone of its state's badge."""
        return tone_of(self.request)


@dataclass(frozen=True, slots=True)
class Item:
    """One dataset of a request, with why it went where it went.

    `ways` are what would be seen if it were approved now, once it is decided what was asked.
    """

    item: RequestedItem
    ways: tuple[Way, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestPage:
    """A request with its way to a decision, every answer, and the grants it became."""

    request: AccessRequest
    approval: Approval
    steps: list[dict[str, object]]
    turn: str
    ended: str
    refusal: str
    items: tuple[Item, ...]
    answers: tuple[tuple[Verdict, tuple[str, ...]], ...]
    """Each answer with what it took away from what was asked."""
    grants: tuple[Standing, ...]
    may_withdraw: bool
    may_decide: bool

    @property
    def tone(self) -> str:
        """The tone of its state's badge."""
        return tone_of(self.request)


def tone_of(request: AccessRequest) -> str:
    """The tone of a request's state."""
    return _TONES.get(AccessRequest.State(request.state), "none")


def of(user: User) -> Q:
    """The condition that a request was made by this user or is for them."""
    return Q(requester=user) | Q(beneficiary=user) | Q(beneficiary__owner=user)


def by_state(requests: QuerySet[AccessRequest], state: str) -> QuerySet[AccessRequest]:
    """Those that are `waiting`, `approved` or `closed` without being approved; the newest first."""
    if state == "waiting":
        return requests.filter(state=AccessRequest.State.PENDING).order_by("-id")
    if state == "approved":
        return requests.filter(state=AccessRequest.State.APPROVED).order_by("-id")
    ended = (AccessRequest.State.PENDING, AccessRequest.State.APPROVED)
    return requests.exclude(state__in=ended).order_by("-id")


def rows_of(requests: Iterable[AccessRequest], user: User) -> list[Row]:
    """These requests as lines for this user."""
    found = list(requests)
    about = Approval.objects.filter(uuid__in=[one.approval for one in found if one.approval])
    by_uuid: dict[UUID | None, Approval] = {one.uuid: one for one in about}
    turns = approvals.turns_of(about, user)
    stands = standings(grant for one in found for grant in one.grants.all())
    return [_row(one, by_uuid.get(one.approval), stands, turns) for one in found]


def request_page(request: AccessRequest, user: User, at: datetime) -> RequestPage:
    """Everything that the page of this request shows this user."""
    approval = approvals.approval_of(request.approval)
    grants = tuple(standings(request.grants.select_related("dataset__system")))
    items = request.items.select_related("dataset__system", "dataset__owner")
    pending = request.state == AccessRequest.State.PENDING
    seen, refusal = _would_see(request, at) if pending else ({}, "")
    return RequestPage(
        request=request,
        approval=approval,
        steps=[*approvals.steps_of(approval, user), last_step(approval, grants)],
        turn=approvals.turn_of(approval, user),
        ended="" if approval.is_pending else approvals.how_it_ended(approval),
        refusal=refusal,
        items=tuple(_item(one, seen) for one in items),
        answers=tuple((one, taken_away(request, one.terms)) for one in verdicts_on(request)),
        grants=grants,
        may_withdraw=pending and request.requester_id == user.pk,
        may_decide=user.has_perm("approvals.decide") and approvals.may_decide(user, approval, at),
    )


def _row(
    request: AccessRequest,
    approval: Approval | None,
    stands: Iterable[Standing],
    turns: Mapping[int, str],
) -> Row:
    return Row(
        request=request,
        items=tuple(request.items.all()),
        turn=turns.get(approval.pk, "") if approval else "",
        deadline=approval.deadline if approval and approval.is_pending else None,
        grants=tuple(one for one in stands if one.grant.request_id == request.pk),
    )


def _would_see(request: AccessRequest, at: datetime) -> tuple[dict[int, tuple[Way, ...]], str]:
    """By dataset, what approving would let them see now; or why it could not be approved."""
    try:
        found = consequence_of(request, {}, at)
    except Problem as problem:
        return {}, problem.detail
    return {one.routed.asked.dataset.pk: ways_of(one.after.branches) for one in found}, ""


def _item(item: RequestedItem, seen: Mapping[int, tuple[Way, ...]]) -> Item:
    masks = codec.decode_masks(item.masks)
    columns = {name: masks.get(name, PLAIN) for name in item.columns}
    asked = way_of(columns, codec.decode_filter(item.filter))
    return Item(
        item=item,
        ways=seen.get(item.dataset_id, (asked,)),
        reasons=tuple(item.route.get("reasons", ())),
    )


def last_step(approval: Approval, grants: tuple[Standing, ...]) -> dict[str, Any]:
    """The step after the last stage: done only when the live system answers as decided."""
    label = _("Applied and proven")
    if approval.state != Approval.State.APPROVED:
        return {"label": label, "state": "ahead"}
    proven = all(one.status.state in (State.IN_FORCE, State.GONE) for one in grants)
    note = ", ".join(one.grant.key for one in grants)
    return {"label": label, "note": note, "state": "done" if proven else "now"}
