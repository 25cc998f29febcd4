"""What a pass of the reconciler leaves behind: its row, what it made stand, and the book."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.audit import services as audit
from apps.catalog.models import System
from apps.connectors.contracts import Document
from apps.core.actors import Actor
from apps.core.events import announce
from apps.enforcement.drifting import Believed
from apps.enforcement.events import CHANGED
from apps.enforcement.models import AppliedDocument, Drift, Enforcement, Sync
from apps.enforcement.plan import Change, Plan, digest_of
from apps.enforcement.selectors import Sight

Outcome = Sync.Outcome


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
    AppliedDocument.objects.bulk_create(
        [_intention(system, change, sight) for change in plan.changes],
        update_conflicts=True,
        unique_fields=["system", "name"],
        update_fields=["pending", "intended", "dataset"],
        batch_size=1000,
    )
    Drift.objects.filter(system=system, righted_at=None, sync=None).update(sync=sync)
    audit.record(
        action="enforcement.begin_pass",
        subject=system.ref,
        detail={
            "sync": str(sync.uuid),
            "generation": state.generation,
            "plan_sha256": plan.digest,
            "changes": [_named(change) for change in plan.changes],
        },
        actor=actor,
    )
    return sync


@transaction.atomic
def finish(
    *,
    sync: Sync,
    plan: Plan,
    seen: Sight,
    writes: int,
    refused: Mapping[str, tuple[str, ...]],
    actor: Actor,
) -> Sync:
    """Keep what stands now that it was read back, and how far the system has come."""
    wrong = [change.name for change in seen.plan.changes if change.name not in refused]
    sync.outcome = Outcome.FAILED if wrong else Outcome.REFUSED if refused else Outcome.APPLIED
    sync.reason = _reason(wrong, refused)
    sync.writes = writes
    sync.finished_at = Now()
    sync.save(update_fields=["outcome", "reason", "writes", "finished_at"])
    _settle(system=sync.system, changes=plan.changes, own=seen.observed.own)
    done = sync.outcome == Outcome.APPLIED
    _come_so_far(sync.system, sync.generation if done else None, error=sync.reason)
    Drift.objects.filter(sync=sync, righted_at=None).exclude(name__in=[*wrong, *refused]).update(
        righted_at=Now()
    )
    audit.record(
        action="enforcement.finish_pass",
        subject=sync.system.ref,
        detail={
            "sync": str(sync.uuid),
            "outcome": sync.outcome,
            "writes": writes,
            "reason": sync.reason,
        },
        actor=actor,
    )
    announce(CHANGED, sync.system.key)
    sync.refresh_from_db()
    return sync


@transaction.atomic
def break_off(*, sync: Sync, reason: str, writes: int, actor: Actor) -> Sync:
    """The system stopped answering half-way: what was sent stays `pending` until somebody looks."""
    sync.outcome = Outcome.UNREACHABLE
    sync.reason = reason
    sync.writes = writes
    sync.finished_at = Now()
    sync.save(update_fields=["outcome", "reason", "writes", "finished_at"])
    _come_so_far(sync.system, None, error=reason)
    audit.record(
        action="enforcement.finish_pass",
        subject=sync.system.ref,
        detail={
            "sync": str(sync.uuid),
            "outcome": sync.outcome,
            "writes": writes,
            "reason": reason,
        },
        actor=actor,
    )
    announce(CHANGED, sync.system.key)
    sync.refresh_from_db()
    return sync


@transaction.atomic
def nothing_to_do(
    *, system: System, state: Enforcement, sight: Sight, at: datetime, actor: Actor
) -> Sync:
    """All is as wanted: count it on the last such pass, keep what an interrupted one had sent."""
    _close_interrupted(system)
    unsettled = [each for each in sight.believed.values() if not _settled(each, sight)]
    if unsettled:
        names = [each.name for each in unsettled]
        _keep(system, {name: sight.observed.own.get(name) for name in names}, sight)
        Drift.objects.filter(system=system, righted_at=None, name__in=names).update(
            righted_at=Now()
        )
    if state.observed != state.generation or state.last_error or state.held:
        _come_so_far(system, state.generation, error="")
        announce(CHANGED, system.key)
    return _count(
        system=system, state=state, outcome=Outcome.NOOP, plan=Plan(), reason="", at=at, actor=actor
    )


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
                "plan_sha256": plan.digest,
                "changes": [_named(change) for change in plan.changes],
            },
            actor=actor,
        )
        announce(CHANGED, system.key)
    return _count(
        system=system,
        state=state,
        outcome=Outcome.HELD,
        plan=plan,
        reason=reason,
        at=at,
        actor=actor,
    )


@transaction.atomic
def could_not(
    *,
    system: System,
    state: Enforcement,
    outcome: Sync.Outcome,
    reason: str,
    at: datetime,
    actor: Actor,
) -> Sync:
    """Nothing was read and nothing changed; the same trouble again is only counted."""
    _close_interrupted(system)
    if state.last_error != reason:
        _come_so_far(system, None, error=reason)
        audit.record(
            action="enforcement.miss_pass",
            subject=system.ref,
            detail={"outcome": outcome, "reason": reason},
            actor=actor,
        )
        announce(CHANGED, system.key)
    return _count(
        system=system,
        state=state,
        outcome=outcome,
        plan=Plan(),
        reason=reason,
        at=at,
        actor=actor,
    )


def _settle(*, system: System, changes: Iterable[Change], own: Mapping[str, Document]) -> None:
    """Believe what was read back under each changed name; what we did not cause shows as drift."""
    gone: list[str] = []
    rows: list[AppliedDocument] = []
    for change in changes:
        stands = own.get(change.name)
        kept = stands if stands in (change.before, change.after) else change.after
        if kept is None:
            gone.append(change.name)
        else:
            rows.append(_standing(system, change.name, kept))
    _write(system, rows, gone)


def _keep(system: System, standing: Mapping[str, Document | None], sight: Sight) -> None:
    rows = [
        _standing(system, name, document, sight.rendered.datasets.get(name))
        for name, document in standing.items()
        if document is not None
    ]
    _write(system, rows, [name for name, document in standing.items() if document is None])


def _write(system: System, rows: list[AppliedDocument], gone: list[str]) -> None:
    if gone:
        AppliedDocument.objects.filter(system=system, name__in=gone).delete()
    AppliedDocument.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["system", "name"],
        update_fields=["document", "digest", "applied_at", "pending", "intended"],
        batch_size=1000,
    )


def _settled(each: Believed, sight: Sight) -> bool:
    return not each.pending and sight.observed.own.get(each.name) == each.document


def _standing(
    system: System, name: str, document: Document, dataset: str | None = ""
) -> AppliedDocument:
    return AppliedDocument(
        system=system,
        name=name,
        dataset=dataset or "",
        document=document,
        digest=digest_of(document),
        applied_at=Now(),
        pending=False,
        intended=None,
    )


def _intention(system: System, change: Change, sight: Sight) -> AppliedDocument:
    known = sight.believed.get(change.name)
    dataset = sight.rendered.datasets.get(change.name) or (known.dataset if known else "")
    return AppliedDocument(
        system=system, name=change.name, dataset=dataset, pending=True, intended=change.after
    )


def _close_interrupted(system: System) -> None:
    """Whoever holds the system's lock knows that no other pass is under way."""
    Sync.objects.filter(system=system, outcome=Outcome.RUNNING).update(
        outcome=Outcome.INTERRUPTED, finished_at=Now(), reason="It broke off before its end."
    )


def _come_so_far(system: System, generation: int | None, *, error: str) -> None:
    state = Enforcement.objects.filter(system=system)
    if generation is not None:
        state.update(
            observed=generation,
            observed_at=Now(),
            held=False,
            held_at=None,
            held_plan=None,
            held_digest="",
            released=[],
            last_error="",
            error_at=None,
            version=F("version") + 1,
        )
    else:
        state.update(last_error=error, error_at=Now())


def _count(
    *,
    system: System,
    state: Enforcement,
    outcome: Sync.Outcome,
    plan: Plan,
    reason: str,
    at: datetime,
    actor: Actor,
) -> Sync:
    """Add a pass that sent nothing: to the last row where that is alike, else as a row."""
    digest = plan.digest if plan else ""
    last = Sync.objects.filter(system=system).order_by("-id").first()
    alike = (outcome, state.generation, digest, reason)
    if last and (last.outcome, last.generation, last.digest, last.reason) == alike:
        Sync.objects.filter(pk=last.pk).update(passes=F("passes") + 1, finished_at=Now())
        last.refresh_from_db()
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
    sync.refresh_from_db()
    return sync


def _reason(wrong: list[str], refused: Mapping[str, tuple[str, ...]]) -> str:
    sentences = [" ".join(reasons) for reasons in refused.values()]
    if wrong:
        shown = ", ".join(wrong[:10])
        sentences.append(f"Read back, these are not as they were sent: {shown}.")
    return " ".join(sentences)


def _named(change: Change) -> dict[str, str]:
    whole = change.as_json(whole=False)
    return {key: str(value) for key, value in whole.items()}
