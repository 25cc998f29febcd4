"""The one pass that makes a system agree with what is declared, and proves that it does."""

from collections.abc import Mapping
from datetime import datetime

from apps.catalog import connections
from apps.catalog.models import System, SystemState
from apps.connectors.contracts import Refused as SystemRefused
from apps.connectors.contracts import Unreachable
from apps.core.actors import Actor
from apps.core.errors import Conflict
from apps.enforcement.models import Enforcement, Sync
from apps.enforcement.plan import Plan, Verb
from apps.enforcement.recording import RecordedTarget
from apps.enforcement.selectors import Sight, look
from apps.enforcement.services import passes
from apps.enforcement.services.calls import note_calls
from apps.enforcement.services.declaring import turn
from apps.enforcement.services.locking import one_pass_at_a_time
from apps.enforcement.services.proving import prove_pass
from apps.enforcement.services.reporting import report_sight
from apps.enforcement.valve import holds


def reconcile(*, system: System, at: datetime, actor: Actor) -> Sync:
    """Make the system agree: look, tighten, loosen, look again, and ask as those concerned.

    Returns the pass, whose `outcome` says how it went: a system that does not answer or refuses
    is an outcome and not an error. Raises Conflict when the system is paused, Busy when another
    pass is under way, Unavailable when the system stops answering while it is asked.
    """
    if system.state == SystemState.PAUSED:
        raise Conflict(f"{system.name} is paused: what it was told last stays in force there.")
    with one_pass_at_a_time(system):
        turn(system=system, at=at, actor=actor)
        state, _ = Enforcement.objects.get_or_create(system=system)
        try:
            target = RecordedTarget(connections.target(system), at)
        except SystemRefused as refused:
            return _could_not(state, refused, at, actor)
        try:
            with target.session():
                return _agree(system, state, target, at, actor)
        finally:
            note_calls(system=system, calls=tuple(target.calls))


def _agree(
    system: System, state: Enforcement, target: RecordedTarget, at: datetime, actor: Actor
) -> Sync:
    try:
        sight = look(system, target, at=at)
    except (Unreachable, SystemRefused) as silent:
        return _could_not(state, silent, at, actor)
    report_sight(system=system, state=state, sight=sight, at=at, actor=actor)
    if not sight.plan:
        sync = passes.nothing_to_do(system=system, state=state, sight=sight, at=at, actor=actor)
        return _proven(sync, sight, target, Plan(), at=at, actor=actor)
    waits = holds(sight.plan, owned=len(sight.observed.own), released=state.released)
    if waits:
        return passes.hold(
            system=system, state=state, plan=sight.plan, reason=waits, at=at, actor=actor
        )
    return _apply(state, sight, target, at=at, actor=actor)


def _could_not(state: Enforcement, why: Exception, at: datetime, actor: Actor) -> Sync:
    silent = isinstance(why, Unreachable)
    return passes.could_not(
        state=state,
        outcome=Sync.Outcome.UNREACHABLE if silent else Sync.Outcome.REFUSED,
        reason=str(why),
        at=at,
        actor=actor,
    )


def _apply(
    state: Enforcement, sight: Sight, target: RecordedTarget, *, at: datetime, actor: Actor
) -> Sync:
    sync = passes.begin(system=state.system, state=state, sight=sight, at=at, actor=actor)
    try:
        refused = _send(target, sight.plan)
        seen = sight.again(target)
    except (Unreachable, SystemRefused) as silent:
        return passes.break_off(
            sync=sync, reason=str(silent), writes=target.writes, at=at, actor=actor
        )
    sync = passes.finish(
        sync=sync,
        sight=sight,
        seen=seen,
        writes=target.writes,
        refused=refused,
        at=at,
        actor=actor,
    )
    return _proven(sync, sight, target, sight.plan, at=at, actor=actor)


def _send(target: RecordedTarget, plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Send the changes in their order; one that is refused does not keep the others back."""
    refused: dict[str, tuple[str, ...]] = {}
    for change in plan.changes:
        try:
            if change.verb is Verb.REMOVE or change.after is None:
                target.remove(change.name)
            else:
                target.write(change.name, change.after)
        except SystemRefused as reason:
            refused[change.name] = reason.reasons
    return refused


def _proven(
    sync: Sync, sight: Sight, target: RecordedTarget, plan: Plan, *, at: datetime, actor: Actor
) -> Sync:
    """Ask as those whom the pass concerns; what stands, stands, also when nobody could be asked."""
    if sync.outcome in (Sync.Outcome.NOOP, Sync.Outcome.APPLIED, Sync.Outcome.REFUSED):
        prove_pass(sync=sync, sight=sight, plan=plan, target=target, at=at, actor=actor)
    return sync
