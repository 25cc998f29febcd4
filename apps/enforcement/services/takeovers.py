"""Taking over what others gave on a dataset: proposed, approved, applied, and undone exactly."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from apps.approvals.models import Approval
from apps.approvals.services import open_approval
from apps.approvals.specs import ReviewerSpec, StageSpec
from apps.audit import services as audit
from apps.catalog import connections
from apps.catalog.models import Dataset, System, SystemState
from apps.connectors.contracts import Refused as SystemRefused
from apps.connectors.contracts import TakeOverPlan, TakesOver, Unreachable
from apps.core.actors import Actor
from apps.core.errors import Conflict, Refused, Stale, Unavailable
from apps.core.events import announce
from apps.enforcement.events import CHANGED
from apps.enforcement.models import TakeOver
from apps.enforcement.plan import digest_of
from apps.enforcement.services.declaring import declare, withdraw
from apps.enforcement.services.locking import one_pass_at_a_time
from apps.enforcement.work import RECONCILE, TAKE_OVER
from apps.identity.models import User
from apps.identity.permissions import Role
from apps.jobs import services as jobs
from apps.semantics.rules import Effect, Rule

KIND = "enforcement.take_over"
"""The kind of approvals about take-overs."""

DECIDED_WITHIN = timedelta(days=14)

State = TakeOver.State


def propose_take_over(
    *, dataset: Dataset, adopt: bool = False, at: datetime, actor: User
) -> TakeOver:
    """Put to the dataset's owner what would be taken away of what others gave, and from whom.

    What else others made there is shown with it, be it changed or left. With `adopt` the same
    reading is declared in its place, so that those who have it keep it, under governance. Raises
    Conflict when the system is paused or a take-over of the dataset is open already, Refused when
    there is nothing to take over or the system cannot, Unavailable when it does not answer.
    """
    if dataset.system.state == SystemState.PAUSED:
        raise Conflict(f"{dataset.system.name} is paused; resume it first.")
    plan = _plan_now(dataset)
    if not plan.original:
        raise Refused(f"Nobody else gave anything on {dataset.qualified}.")
    return _propose(dataset, plan, adopt=adopt, at=at, actor=actor)


@transaction.atomic
def _propose(
    dataset: Dataset, plan: TakeOverPlan, *, adopt: bool, at: datetime, actor: User
) -> TakeOver:
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    open_states = [State.PROPOSED, State.APPROVED, State.APPLIED, State.UNDOING]
    if TakeOver.objects.filter(dataset=dataset, state__in=open_states).exists():
        raise Conflict(f"{dataset.qualified} is being taken over or has been; undo that first.")
    take_over = TakeOver.objects.create(
        system=dataset.system,
        dataset=dataset,
        plan={"adopts": adopt, **_shown(plan)},
        original=plan.original,
        proposed_at=at,
    )
    approval = open_approval(
        kind=KIND,
        subject=take_over.ref,
        title=_title(dataset, plan, adopt),
        requested_by=actor,
        stages=[StageSpec("Data owner", 1, _reviewers(dataset))],
        deadline=at + DECIDED_WITHIN,
        domain=dataset.domain or dataset.system.domain,
        context={"take_over": str(take_over.uuid), "dataset": dataset.ref, **take_over.plan},
        actor=actor,
    )
    take_over.approval = approval.uuid
    take_over.save(update_fields=["approval"])
    audit.record(
        action="enforcement.propose_take_over",
        subject=take_over.ref,
        detail={"dataset": dataset.ref, "original": plan.original, **take_over.plan},
        actor=actor,
    )
    return take_over


@transaction.atomic
def undo_take_over(*, take_over: TakeOver, version: int | None = None, actor: Actor) -> TakeOver:
    """Give back exactly what was taken away.

    Raises Conflict when it is not applied, Stale when it is no longer what the person saw.
    """
    take_over = TakeOver.objects.select_for_update().get(pk=take_over.pk)
    if version is not None and version != take_over.version:
        raise Stale("It has changed since you looked.")
    _move(take_over, State.UNDOING, actor)
    jobs.enqueue(name=TAKE_OVER, key=str(take_over.uuid), actor=actor)
    return take_over


def carry_out(*, take_over: TakeOver, actor: Actor) -> TakeOver:
    """Do in the system what was decided last about this take-over; doing it twice is doing it once.

    A refusal of the system is kept with its reason. Raises Unavailable when it does not answer.
    """
    with one_pass_at_a_time(take_over.system):
        take_over = TakeOver.objects.select_related("system", "dataset").get(pk=take_over.pk)
        if take_over.state == State.APPROVED:
            return _carried_out(take_over, State.APPLIED, State.FAILED, actor)
        if take_over.state == State.UNDOING:
            return _carried_out(take_over, State.UNDONE, State.APPLIED, actor)
    return take_over


def _carried_out(take_over: TakeOver, done: State, failed: State, actor: Actor) -> TakeOver:
    original = take_over.original or {}
    try:
        target = _target(take_over.system)
        if done == State.APPLIED:
            target.take_over(original)
        else:
            target.give_back(original)
    except SystemRefused as refused:
        return _settled(take_over, failed, str(refused), actor)
    except Unreachable as silent:
        raise Unavailable(f"{take_over.system.name} did not answer: {silent}") from silent
    return _settled(take_over, done, "", actor)


@transaction.atomic
def _settled(take_over: TakeOver, state: State, reason: str, actor: Actor) -> TakeOver:
    take_over = TakeOver.objects.select_for_update().get(pk=take_over.pk)
    take_over.reason = reason
    if state == State.APPLIED and not reason:
        take_over.applied_at = Now()
        if take_over.plan["adopts"]:
            _adopt(take_over, actor)
    if state == State.UNDONE:
        take_over.undone_at = Now()
        withdraw(owner=take_over.ref, actor=actor)
    _move(take_over, state, actor)
    jobs.enqueue(name=RECONCILE, key=take_over.system.key, actor=actor)
    announce(CHANGED, take_over.system.key)
    take_over.refresh_from_db()
    return take_over


def _adopt(take_over: TakeOver, actor: Actor) -> None:
    """Declare the reading that was taken away, for those who had it, as the take-over's own."""
    columns: dict[str, set[str]] = {}
    for right in (take_over.original or {}).get("rights", ()):
        columns.setdefault(right["grantee"], set()).add(right["column"])
    rules = [
        Rule(
            key=f"adopted {grantee}",
            origin=take_over.ref,
            effect=Effect.GRANT,
            dataset=take_over.dataset.qualified,
            principals=frozenset({grantee}),
            columns=None if "" in named else frozenset(named),
        )
        for grantee, named in sorted(columns.items())
    ]
    declare(owner=take_over.ref, system=take_over.system, rules=rules, actor=actor)


class TakeOverKind:
    """Rechecks and carries out decisions about take-overs, in their transaction."""

    def recheck(
        self, approval: Approval, terms: Mapping[str, Any], at: datetime, actor: Actor
    ) -> None:
        """Raise when others have given or taken something since it was proposed."""
        take_over = _of(approval)
        if take_over.state != State.PROPOSED:
            raise Conflict(f"{take_over.key} is {take_over.get_state_display().lower()}.")
        if _digest(_plan_now(take_over.dataset)) != take_over.plan.get("digest"):
            raise Stale(
                f"What others made on {take_over.dataset.qualified} has changed since this was "
                "proposed; withdraw it and propose it anew."
            )

    def decided(
        self,
        approval: Approval,
        approved: bool,
        terms: Mapping[str, Any],
        at: datetime,
        actor: Actor,
    ) -> None:
        """Have it carried out when approved; close it when not."""
        take_over = _of(approval)
        _move(take_over, State.APPROVED if approved else State.DENIED, actor)
        if approved:
            jobs.enqueue(name=TAKE_OVER, key=str(take_over.uuid), actor=actor)


def _of(approval: Approval) -> TakeOver:
    found = TakeOver.objects.select_for_update(of=("self",)).select_related("system", "dataset")
    return found.get(approval=approval.uuid)


def _move(take_over: TakeOver, state: State, actor: Actor) -> None:
    if state not in TakeOver.MOVES[take_over.state]:
        raise Conflict(f"{take_over.key} is {take_over.get_state_display().lower()}.")
    before, take_over.state = take_over.state, state
    take_over.version += 1
    take_over.save(update_fields=["state", "version", "reason", "applied_at", "undone_at"])
    audit.record(
        action="enforcement.move_take_over",
        subject=take_over.ref,
        detail={"reason": take_over.reason} if take_over.reason else {},
        before={"state": before},
        after={"state": state},
        actor=actor,
    )


def _plan_now(dataset: Dataset) -> TakeOverPlan:
    with connections.answering(dataset.system):
        return _target(dataset.system).plan_take_over(dataset.qualified)


def _target(system: System) -> TakesOver:
    target = connections.target(system)
    if not hasattr(target, "plan_take_over"):
        raise SystemRefused(f"{system.name} cannot be taken over: its connector does not know how.")
    takes_over: TakesOver = target
    return takes_over


def _reviewers(dataset: Dataset) -> list[ReviewerSpec]:
    roles = [ReviewerSpec(role=role) for role in (Role.OWNER, Role.STEWARD, Role.ADMIN)]
    return [ReviewerSpec(user=dataset.owner), *roles] if dataset.owner else roles


def _shown(plan: TakeOverPlan) -> dict[str, Any]:
    """What a person must know to decide; its digest tells whether it is still so."""
    return {
        "losses": [asdict(loss) for loss in plan.losses],
        "beside": [asdict(each) for each in plan.beside],
        "digest": _digest(plan),
    }


def _digest(plan: TakeOverPlan) -> str:
    beside = [[each.kind, each.text, *each.principals] for each in plan.beside]
    return digest_of({"original": plan.original, "beside": beside})


def _title(dataset: Dataset, plan: TakeOverPlan, adopt: bool) -> str:
    people = len({loss.principal for loss in plan.losses})
    if not people:
        return f"Lead the readers of {dataset.qualified} to what is decided about it"
    if adopt:
        return f"Adopt what {people} people read of {dataset.qualified} outside of any decision"
    return f"Take away what {people} people read of {dataset.qualified} outside of any decision"
