"""The moves of an approval and its stages, inside a service's transaction."""

from datetime import datetime

from apps.approvals.models import Approval, Stage
from apps.approvals.selectors.seats import named
from apps.core.errors import Conflict


def locked(approval: Approval) -> Approval:
    """The approval as it is now, held until the transaction ends."""
    return Approval.objects.select_for_update().get(pk=approval.pk)


def move(approval: Approval, state: Approval.State, at: datetime) -> None:
    """Bring the approval to an end. Raises Conflict when it has one already."""
    if state not in Approval.MOVES[approval.state]:
        raise Conflict(f"It is {approval.get_state_display().lower()} already.")
    approval.state = state
    approval.decided_at = at
    approval.version += 1
    approval.save(update_fields=["state", "decided_at", "version"])


def open_next(approval: Approval, at: datetime) -> Stage | None:
    """Ask the reviewers of the next stage; None when all have passed."""
    stage = approval.stages.filter(state=Stage.State.WAITING).order_by("position").first()
    if stage is not None:
        stage.state = Stage.State.OPEN
        stage.save(update_fields=["state"])
        note_cover(stage, at)
    return stage


def note_cover(stage: Stage, at: datetime) -> bool:
    """Note whether enough reviewers are left on the stage; whether that changed."""
    short = len(named(stage)) < stage.needed
    if short == (stage.escalated_at is not None):
        return False
    stage.escalated_at = at if short else None
    stage.save(update_fields=["escalated_at"])
    return True
