"""Ends approvals without an answer: taken back, or not decided in time."""

from datetime import datetime

import structlog
from django.db import transaction

from apps.approvals import events
from apps.approvals.kinds import kind_named
from apps.approvals.models import Approval, Stage
from apps.approvals.selectors.outcome import how_it_ended
from apps.approvals.services.moving import locked, move, note_cover
from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Conflict, Forbidden, Problem, Stale
from apps.core.events import announce

log = structlog.get_logger(__name__)


@transaction.atomic
def withdraw(
    *, approval: Approval, at: datetime, version: int | None = None, actor: Actor
) -> Approval:
    """Take a pending approval back; its kind hears that it was not approved.

    Raises Forbidden for anybody but the requester, Conflict when it is no longer pending, Stale
    when it is no longer at the `version` that was seen, if one is named.
    """
    approval = locked(approval)
    if actor.ref != approval.requested_by.ref:
        raise Forbidden(f"Only {approval.requested_by.name}, who asked, can take this back.")
    if not approval.is_pending:
        raise Conflict(f"It is no longer open: {how_it_ended(approval)}")
    if version is not None and version != approval.version:
        raise Stale(f"{how_it_ended(approval)} Look at it again before you take it back.")
    _close(approval, Approval.State.WITHDRAWN, "approvals.withdraw", at, actor)
    return approval


def expire_overdue(*, at: datetime, actor: Actor) -> list[Approval]:
    """Close as not approved whatever nobody decided by its deadline; those that were closed.

    Each stands alone: one that its kind refuses to close stays pending for the next time.
    """
    overdue = Approval.objects.filter(state=Approval.State.PENDING, deadline__lte=at)
    closed = []
    for pk in overdue.order_by("deadline").values_list("pk", flat=True):
        try:
            approval = _expire(pk, at, actor)
        except Problem as problem:
            log.error("approval_not_expired", approval=pk, detail=problem.detail)
            continue
        if approval is not None:
            closed.append(approval)
    return closed


def look_at_routes(*, at: datetime, actor: Actor) -> list[Stage]:
    """Note which open stages have too few reviewers left, or enough again; those that changed.

    What is escalated is an observation and not a decision: it is corrected whenever looked at.
    """
    pending = Stage.objects.filter(
        state=Stage.State.OPEN, approval__state=Approval.State.PENDING
    ).order_by("pk")
    return [changed for pk in pending.values_list("pk", flat=True) if (changed := _look(pk, at))]


@transaction.atomic
def _look(pk: int, at: datetime) -> Stage | None:
    stage = (
        Stage.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("approval__beneficiary")
        .filter(pk=pk, state=Stage.State.OPEN)
        .first()
    )
    if stage is None or not note_cover(stage, at):
        return None
    announce(events.CHANGED, str(stage.approval.uuid))
    return stage


@transaction.atomic
def _expire(pk: int, at: datetime, actor: Actor) -> Approval | None:
    approval = (
        Approval.objects.select_for_update(skip_locked=True)
        .filter(pk=pk, state=Approval.State.PENDING)
        .first()
    )
    if approval is not None:
        _close(approval, Approval.State.EXPIRED, "approvals.expire", at, actor)
    return approval


def _close(
    approval: Approval, state: Approval.State, action: str, at: datetime, actor: Actor
) -> None:
    move(approval, state, at)
    audit.record(
        action=action,
        subject=approval.ref,
        detail={"about": approval.subject},
        before={"state": Approval.State.PENDING},
        after={"state": state},
        actor=actor,
    )
    kind_named(approval.kind).decided(approval, False, {}, at, actor)
    announce(events.CHANGED, str(approval.uuid))
