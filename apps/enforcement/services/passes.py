"""What a pass of the reconciler leaves behind: its row, how far the system has come, the book."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.audit import services as audit
from apps.catalog.models import System
from apps.core.actors import Actor
from apps.core.events import announce
from apps.enforcement.events import CHANGED
from apps.enforcement.models import Drift, Enforcement, Refusal, Sync
from apps.enforcement.plan import Plan
from apps.enforcement.selectors import Sight
from apps.enforcement.services.findings import report_drift, report_held, report_trouble
from apps.enforcement.services.refusals import keep_refusals, refused_writes
from apps.enforcement.services.settling import intend, settle, settle_unsettled

Outcome = Sync.Outcome

_IN_THE_BOOK = 200
"""So many changes of one pass are named in the book; its fingerprint covers all of them."""


@transaction.atomic
def begin(*, system: System, state: Enforcement, sight: Sight, at: datetime, actor: Actor) -> Sync:
    """Write down what is about to be sent before it is: a crash leaves no doubt what is ours."""
    _close_interrupted(system)
    plan = sight.plan
    sync = Sync.objects.create(
        system=system,
        generation=state.generation,
        outcome=Outcome.RUNNING,
        started_at=at,
        plan=plan.as_json(),
        changes=len(plan.changes),
        digest=plan.digest,
        actor=actor.ref,
    )
    intend(system, sight)
    Drift.objects.filter(system=system, righted_at=None, sync=None).update(sync=sync)
    audit.record(
        action="enforcement.begin_pass",
        subject=system.ref,
        detail={
            "sync": str(sync.uuid),
            "generation": state.generation,
            **_summed(plan),
        },
        actor=actor,
    )
    return sync


@transaction.atomic
def finish(
    *,
    sync: Sync,
    sight: Sight,
    seen: Sight,
    writes: int,
    refused: Mapping[str, tuple[str, ...]],
    at: datetime,
    actor: Actor,
) -> Sync:
    """Keep what stands now that it was read back, and how far the system has come."""
    wrong = [change.name for change in seen.plan.changes if change.name not in refused]
    outcome = Outcome.FAILED if wrong else Outcome.REFUSED if refused else Outcome.APPLIED
    settle(sync.system, sight.plan, seen.observed.own)
    keep_refusals(
        system=sync.system,
        stage=Refusal.Stage.WRITE,
        found=refused_writes(sync.system, sight, refused),
        at=at,
        actor=actor,
    )
    _right_drift(sync.system, at, actor, but=[*wrong, *refused])
    if not wrong:
        _come_so_far(sync.system, sync.generation, at, actor)
    return _end(sync, outcome, _reason(wrong, refused), writes=writes, at=at, actor=actor)


@transaction.atomic
def break_off(*, sync: Sync, reason: str, writes: int, at: datetime, actor: Actor) -> Sync:
    """The system stopped answering half-way: what was sent stays in doubt until somebody looks."""
    return _end(sync, Outcome.UNREACHABLE, reason, writes=writes, at=at, actor=actor)


@transaction.atomic
def nothing_to_do(
    *, system: System, state: Enforcement, sight: Sight, at: datetime, actor: Actor
) -> Sync:
    """All is as wanted: count it on the last such pass, keep what an interrupted one had sent."""
    _close_interrupted(system)
    if settle_unsettled(system, sight):
        _right_drift(system, at, actor)
    keep_refusals(system=system, stage=Refusal.Stage.WRITE, found=(), at=at, actor=actor)
    if state.observed != state.generation or state.held or state.last_error:
        _come_so_far(system, state.generation, at, actor)
        _say_trouble(system, "", at, actor)
        announce(CHANGED, system.key)
    return _count(system, Outcome.NOOP, Plan(), state=state, reason="", at=at, actor=actor)


@transaction.atomic
def hold(
    *, system: System, state: Enforcement, plan: Plan, reason: str, at: datetime, actor: Actor
) -> Sync:
    """Let the plan wait for a person; the same plan held again is only counted."""
    _close_interrupted(system)
    if state.held_digest != plan.digest:
        Enforcement.objects.filter(pk=state.pk).update(
            held=True,
            held_at=at,
            held_plan=plan.as_json(),
            held_digest=plan.digest,
            version=F("version") + 1,
        )
        audit.record(
            action="enforcement.hold_pass",
            subject=system.ref,
            detail={
                "reason": reason,
                **_summed(plan),
            },
            actor=actor,
        )
        report_held(system=system, reason=reason, at=at, actor=actor)
        announce(CHANGED, system.key)
    return _count(system, Outcome.HELD, plan, state=state, reason=reason, at=at, actor=actor)


@transaction.atomic
def could_not(
    *, state: Enforcement, outcome: Sync.Outcome, reason: str, at: datetime, actor: Actor
) -> Sync:
    """Nothing was read and nothing changed; the same trouble again is only counted."""
    system = state.system
    _close_interrupted(system)
    if state.last_error != reason:
        audit.record(
            action="enforcement.miss_pass",
            subject=system.ref,
            detail={"outcome": outcome, "reason": reason},
            actor=actor,
        )
        _say_trouble(system, reason, at, actor)
        announce(CHANGED, system.key)
    return _count(system, outcome, Plan(), state=state, reason=reason, at=at, actor=actor)


def _end(
    sync: Sync, outcome: Sync.Outcome, reason: str, *, writes: int, at: datetime, actor: Actor
) -> Sync:
    sync.outcome, sync.reason, sync.writes, sync.finished_at = outcome, reason, writes, Now()
    sync.save(update_fields=["outcome", "reason", "writes", "finished_at"])
    _say_trouble(sync.system, reason, at, actor)
    audit.record(
        action="enforcement.finish_pass",
        subject=sync.system.ref,
        detail={
            "sync": str(sync.uuid),
            "outcome": outcome,
            "writes": writes,
            "reason": reason,
        },
        actor=actor,
    )
    announce(CHANGED, sync.system.key)
    sync.refresh_from_db()
    return sync


def _say_trouble(system: System, reason: str, at: datetime, actor: Actor) -> None:
    """Keep why the system is not as wanted; an empty reason says that it is."""
    Enforcement.objects.filter(system=system).update(
        last_error=reason, error_at=at if reason else None
    )
    report_trouble(system=system, reason=reason, at=at, actor=actor)


def _right_drift(system: System, at: datetime, actor: Actor, but: list[str] | None = None) -> None:
    """What we saw others do is no more; `but` these names."""
    righted = Drift.objects.filter(system=system, righted_at=None).exclude(name__in=but or [])
    if righted.update(righted_at=Now()):
        report_drift(system=system, at=at, actor=actor)


def _close_interrupted(system: System) -> None:
    """Whoever holds the system's lock knows that no other pass is under way."""
    Sync.objects.filter(system=system, outcome=Outcome.RUNNING).update(
        outcome=Outcome.INTERRUPTED, finished_at=Now(), reason="It broke off before its end."
    )


def _come_so_far(system: System, generation: int, at: datetime, actor: Actor) -> None:
    state = Enforcement.objects.select_for_update().get(system=system)
    if state.held:
        report_held(system=system, reason="", at=at, actor=actor)
    Enforcement.objects.filter(pk=state.pk).update(
        observed=generation,
        observed_at=Now(),
        held=False,
        held_at=None,
        held_plan=None,
        held_digest="",
        released=[],
        moved_by={who: since for who, since in state.moved_by.items() if since > generation},
        version=F("version") + 1,
    )


def _count(
    system: System,
    outcome: Sync.Outcome,
    plan: Plan,
    *,
    state: Enforcement,
    reason: str,
    at: datetime,
    actor: Actor,
) -> Sync:
    """Add a pass that sent nothing: to the last row where that is alike, else as a row."""
    digest = plan.digest if plan else ""
    last = Sync.objects.filter(system=system).defer("plan").order_by("-id").first()
    alike = (outcome, state.generation, digest, reason)
    if last and (last.outcome, last.generation, last.digest, last.reason) == alike:
        Sync.objects.filter(pk=last.pk).update(passes=F("passes") + 1, finished_at=Now())
        last.refresh_from_db(fields=["passes", "finished_at"])
        return last
    sync = Sync.objects.create(
        system=system,
        generation=state.generation,
        outcome=outcome,
        started_at=at,
        finished_at=Now(),
        plan=plan.as_json(),
        changes=len(plan.changes),
        digest=digest,
        reason=reason,
        actor=actor.ref,
    )
    sync.refresh_from_db(fields=["finished_at"])
    return sync


def _reason(wrong: list[str], refused: Mapping[str, tuple[str, ...]]) -> str:
    sentences = [" ".join(reasons) for reasons in refused.values()]
    if wrong:
        shown = ", ".join(wrong[:10])
        sentences.append(f"Read back, these are not as they were sent: {shown}.")
    return " ".join(sentences)


def _summed(plan: Plan) -> dict[str, Any]:
    """A plan as the book keeps it: its fingerprint, its size, and the first of its changes."""
    return {
        "plan_sha256": plan.digest,
        "total": len(plan.changes),
        "changes": [change.as_json(whole=False) for change in plan.changes[:_IN_THE_BOOK]],
    }
