"""Letting a held pass through: a person says that so much may really be taken away at once."""

from django.db import transaction
from django.db.models import F

from apps.audit import services as audit
from apps.catalog.models import System
from apps.core.actors import Actor
from apps.core.errors import Conflict, Forbidden, Stale
from apps.enforcement.models import Enforcement
from apps.enforcement.plan import Verb
from apps.enforcement.work import RECONCILE
from apps.jobs import services as jobs


@transaction.atomic
def release(*, system: System, version: int | None = None, actor: Actor) -> Enforcement:
    """Let the removals of the held plan through; a plan that removes anything else is held again.

    `version` is that of what the person saw. Raises Conflict when nothing is held, Stale when
    something else is held by now, Forbidden for whoever declared or withdrew part of what is held:
    the valve asks a second person.
    """
    state = Enforcement.objects.select_for_update().filter(system=system).first()
    if state is None or not state.held:
        raise Conflict(f"No pass to {system.name} is held.")
    if version is not None and version != state.version:
        raise Stale("Another pass is held by now; look at it before you release it.")
    if actor.ref in state.moved_by:
        raise Forbidden("You changed part of what is held, so somebody else must release it.")
    removed = [c["name"] for c in state.held_plan or () if c["verb"] == Verb.REMOVE.value]
    Enforcement.objects.filter(pk=state.pk).update(released=removed, version=F("version") + 1)
    audit.record(
        action="enforcement.release_pass",
        subject=system.ref,
        detail={
            "plan_sha256": state.held_digest,
            "removed": removed,
            "moved_by": sorted(state.moved_by),
        },
        actor=actor,
    )
    jobs.enqueue(name=RECONCILE, key=system.key, actor=actor)
    state.refresh_from_db()
    return state
