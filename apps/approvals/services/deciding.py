"""Takes one reviewer's answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.approvals import events
from apps.approvals.kinds import kind_named
from apps.approvals.models import Approval, Stage, Verdict
from apps.approvals.selectors.outcome import (
    contradiction,
    decided_by,
    how_it_ended,
    laid_over,
    terms_so_far,
)
from apps.approvals.selectors.seats import Seat, has_spoken, is_party, open_stage, seat_of
from apps.approvals.services.moving import locked, move, open_next
from apps.audit import services as audit
from apps.core.errors import Conflict, Forbidden, Invalid, Refused, Stale
from apps.core.events import announce
from apps.identity.models import User


@transaction.atomic
def decide(
    *,
    approval: Approval,
    answer: str,
    note: str,
    terms: Mapping[str, Any],
    version: int,
    at: datetime,
    actor: User,
) -> Approval:
    """Answer the open stage; its last approval opens the next or carries out the whole.

    `version` is the one that the reviewer saw. `terms` narrow what was asked, and cannot change
    what an earlier reviewer set. One denial ends it. Raises Conflict or Stale, saying who was
    first; Forbidden for whoever gains by it or is not on the route; Invalid for an answer that
    says too little; whatever the kind raises when it may not be.
    """
    approval = locked(approval)
    _is_pending(approval)
    _is_in_time(approval, at)
    _gains_nothing(actor, approval)
    stage = _open_stage(approval)
    _has_not_spoken(actor, stage)
    seat = _seat(actor, stage, at)
    _is_current(approval, version)
    _says_enough(answer, note, terms)
    earlier = terms_so_far(approval)
    _does_not_undo(earlier, terms)
    approved = answer == Verdict.Answer.APPROVE
    together = laid_over(earlier, dict(terms))
    if approved:
        kind_named(approval.kind).recheck(approval, together, at, actor)
    verdict = Verdict.objects.create(
        stage=stage,
        by=actor,
        on_behalf_of=seat.on_behalf_of,
        answer=answer,
        note=note.strip(),
        terms=dict(terms),
        at=at,
    )
    _advance(approval, stage, approved, at)
    audit.record(
        action="approvals.decide",
        subject=approval.ref,
        detail=_said(approval, verdict, version),
        before={"state": Approval.State.PENDING},
        after={"answer": answer, "state": approval.state},
        actor=actor,
    )
    if not approval.is_pending:
        kind_named(approval.kind).decided(approval, approved, together, at, actor)
    announce(events.CHANGED, str(approval.uuid))
    return approval


def _said(approval: Approval, verdict: Verdict, version: int) -> dict[str, Any]:
    giver = verdict.on_behalf_of
    return {
        "about": approval.subject,
        "stage": verdict.stage.name,
        "on_behalf_of": giver.ref if giver else None,
        "note": verdict.note,
        "terms": verdict.terms,
        "version": version,
    }


def _is_pending(approval: Approval) -> None:
    if not approval.is_pending:
        raise Conflict(f"It is no longer open: {how_it_ended(approval)}")


def _is_in_time(approval: Approval, at: datetime) -> None:
    if approval.deadline <= at:
        raise Conflict(
            f"The time to decide was over at {approval.deadline:%Y-%m-%d %H:%M} UTC, "
            "and no answer is a no."
        )


def _gains_nothing(actor: User, approval: Approval) -> None:
    if is_party(actor, approval):
        raise Forbidden("You asked for this or gain by it, so somebody else must decide.")


def _open_stage(approval: Approval) -> Stage:
    stage = open_stage(approval)
    if stage is None:
        raise Conflict("No stage of it is open.")
    return stage


def _has_not_spoken(actor: User, stage: Stage) -> None:
    if has_spoken(actor, stage):
        raise Conflict(f"You have answered in the stage {stage.name} already.")


def _seat(actor: User, stage: Stage, at: datetime) -> Seat:
    seat = seat_of(actor, stage, at)
    if seat is None:
        raise Forbidden(f"You are not among those who decide in the stage {stage.name}.")
    return seat


def _is_current(approval: Approval, version: int) -> None:
    if version == approval.version:
        return
    last = decided_by(approval)
    who = how_it_ended(approval) if last else "It was changed."
    raise Stale(f"{who} Look at it again before you decide.")


def _says_enough(answer: str, note: str, terms: Mapping[str, Any]) -> None:
    if answer not in Verdict.Answer.values:
        raise Invalid("Answer approve or deny.", fields={"answer": "must be approve or deny"})
    if answer == Verdict.Answer.DENY and not note.strip():
        raise Invalid("Say why you deny it.", fields={"note": "must not be empty"})
    if answer == Verdict.Answer.DENY and terms:
        raise Invalid("A denial has no terms.", fields={"terms": "must be empty"})


def _does_not_undo(earlier: Mapping[str, Any], terms: Mapping[str, Any]) -> None:
    name = contradiction(dict(earlier), dict(terms))
    if name:
        raise Refused(
            f"An earlier reviewer has set {name} already, and that stands.",
            fields={f"terms.{name}": "was set by an earlier reviewer"},
        )


def _advance(approval: Approval, stage: Stage, approved: bool, at: datetime) -> None:
    if not approved:
        move(approval, Approval.State.DENIED, at)
        return
    given = stage.verdicts.filter(answer=Verdict.Answer.APPROVE).count()
    if given >= stage.needed:
        stage.state = Stage.State.PASSED
        stage.save(update_fields=["state"])
        if open_next(approval, at) is None:
            move(approval, Approval.State.APPROVED, at)
            return
    approval.version += 1
    approval.save(update_fields=["version"])
