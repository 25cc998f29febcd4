"""Asking for data: submitted, withdrawn, and turned into grants when approved."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.access.models import AccessRequest, Grant, Purpose, RequestedItem
from apps.access.routes import Asked, Routed, route_items, stages_of
from apps.access.selectors.requests import pending_for
from apps.approvals import services as approvals
from apps.approvals.selectors import approval_of
from apps.audit import services as audit
from apps.catalog import selectors as catalog
from apps.core.actors import Actor
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.identity.models import User
from apps.semantics import codec

KIND = "access.request"
"""The kind under which approvals knows these requests."""


@transaction.atomic
def submit_request(
    *,
    requester: User,
    beneficiary: User,
    items: Sequence[Asked],
    purpose: Purpose,
    justification: str,
    until: datetime,
    at: datetime,
    ticket: str = "",
    renews: Grant | None = None,
    actor: Actor,
) -> AccessRequest:
    """Ask for datasets; the request goes to the reviewers its request policies name.

    Raises Forbidden, Invalid or Refused when it must not be asked, Conflict when it is being
    asked already.
    """
    _may_ask_for(requester, beneficiary)
    _is_well_formed(items, purpose, justification, until, at)
    _is_visible(requester, items)
    _is_alone_in_asking(beneficiary)
    _is_not_pending(beneficiary, items)
    routed = route_items(
        beneficiary=beneficiary, items=items, purpose=purpose, until=until, at=at, renews=renews
    )
    request = AccessRequest.objects.create(
        requester=requester,
        beneficiary=beneficiary,
        purpose=purpose,
        ticket=ticket.strip(),
        justification=justification.strip(),
        until=until,
        renews=renews,
        created_at=at,
    )
    RequestedItem.objects.bulk_create(_item(request, one) for one in routed)
    approval = approvals.open_approval(
        kind=KIND,
        subject=request.ref,
        title=_title(request, routed),
        requested_by=requester,
        stages=stages_of(routed),
        deadline=min(until, *(one.route.decide_by(at) for one in routed)),
        domain=routed[0].asked.dataset.domain,
        context={},
        beneficiary=beneficiary,
        actor=actor,
    )
    request.approval = approval.uuid
    request.save(update_fields=["approval"])
    audit.record(
        action="access.submit_request",
        subject=request.ref,
        after=as_audited(request, routed),
        actor=actor,
    )
    return request


@transaction.atomic
def withdraw_request(*, request: AccessRequest, at: datetime, actor: Actor) -> AccessRequest:
    """Take a pending request back; its approval, withdrawn, closes it.

    Raises Forbidden for anybody but the requester, Conflict when it is no longer pending.
    """
    approval = approval_of(request.approval)
    approvals.withdraw(approval=approval, at=at, actor=actor)
    request.refresh_from_db()
    return request


def close_request(
    *, request: AccessRequest, state: AccessRequest.State, at: datetime, actor: Actor
) -> AccessRequest:
    """Move a request to where its approval ended, inside that decision's transaction."""
    before = request.state
    _move(request, state, at)
    audit.record(
        action="access.close_request",
        subject=request.ref,
        before={"state": before},
        after={"state": state},
        actor=actor,
    )
    return request


def _move(request: AccessRequest, state: AccessRequest.State, at: datetime) -> None:
    if state not in AccessRequest.MOVES[request.state]:
        raise Conflict(f"{request.key} is {request.get_state_display().lower()} already.")
    request.state = state
    request.decided_at = at
    request.version += 1
    request.save(update_fields=["state", "decided_at", "version"])


def _may_ask_for(requester: User, beneficiary: User) -> None:
    if not requester.is_active or not beneficiary.is_active:
        raise Forbidden("An account that is switched off can neither ask nor receive.")
    if beneficiary != requester and beneficiary.owner_id != requester.pk:
        raise Forbidden(
            f"You may ask for yourself and for service accounts you answer for; "
            f"{beneficiary.name} is neither."
        )


def _is_well_formed(
    items: Sequence[Asked], purpose: Purpose, justification: str, until: datetime, at: datetime
) -> None:
    if not items:
        raise Invalid("Name at least one dataset.", fields={"items": "must not be empty"})
    if len({item.dataset.pk for item in items}) < len(items):
        raise Invalid("A dataset stands twice.", fields={"items": "each dataset once"})
    if not purpose.active:
        raise Invalid(f"{purpose.name} is no longer used.", fields={"purpose": "not in use"})
    if not justification.strip():
        raise Invalid("Say why you need it.", fields={"justification": "must not be empty"})
    if until <= at:
        raise Invalid("The end lies in the past.", fields={"until": "must be in the future"})
    for item in items:
        _has_columns(item)


def _has_columns(item: Asked) -> None:
    if item.columns is None:
        return
    if not item.columns:
        raise Invalid("Name at least one column.", fields={"items": "columns must not be empty"})
    missing = sorted(item.columns - {c.name for c in catalog.shape_of(item.dataset).columns})
    if missing:
        raise Invalid(
            f"{item.dataset.qualified} has no column {missing[0]}.",
            fields={"items": f"no column {missing[0]}"},
        )


def _is_visible(requester: User, items: Sequence[Asked]) -> None:
    visible = set(
        catalog.visible_datasets(requester)
        .filter(pk__in=[item.dataset.pk for item in items], vanished_at=None)
        .values_list("pk", flat=True)
    )
    for item in items:
        if item.dataset.pk not in visible:
            raise Invalid("There is no such dataset.", fields={"items": "unknown dataset"})


def _is_alone_in_asking(beneficiary: User) -> None:
    """Hold the person's row: of two who ask at once the later sees what the earlier asked."""
    User.objects.select_for_update(no_key=True).get(pk=beneficiary.pk)


def _is_not_pending(beneficiary: User, items: Sequence[Asked]) -> None:
    pending = pending_for(beneficiary, [item.dataset for item in items]).first()
    if pending:
        raise Conflict(
            f"{pending.request.key} asks for {pending.dataset.qualified} already and waits for "
            "a decision; withdraw it first to ask differently."
        )


def _item(request: AccessRequest, routed: Routed) -> RequestedItem:
    return RequestedItem(
        request=request,
        dataset=routed.asked.dataset,
        columns=sorted(routed.terms.columns),
        filter=codec.encode_filter(routed.terms.filter),
        masks=codec.encode_masks(routed.terms.masks),
        route={"policy": routed.route.policy, "reasons": list(routed.route.reasons)},
    )


def _title(request: AccessRequest, routed: Sequence[Routed]) -> str:
    names = [one.asked.dataset.qualified for one in routed]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{request.beneficiary.name} wants to read {names[0]}{more}"


def as_audited(request: AccessRequest, routed: Sequence[Routed]) -> dict[str, object]:
    """What the book keeps of a request: its terms, and by which rule they came about."""
    return {
        "requester": request.requester.ref,
        "beneficiary": request.beneficiary.ref,
        "purpose": request.purpose.ref,
        "ticket": request.ticket,
        "justification": request.justification,
        "until": request.until.isoformat(),
        "renews": request.renews.ref if request.renews else None,
        "items": [
            {
                "dataset": one.asked.dataset.ref,
                "columns": sorted(one.terms.columns),
                "filter": codec.encode_filter(one.terms.filter),
                "masks": codec.encode_masks(one.terms.masks),
                "policy": one.route.policy,
            }
            for one in routed
        ],
    }
