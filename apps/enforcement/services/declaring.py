"""Stating what should be true, and no longer: every change raises the systems' generation."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from apps.audit import services as audit
from apps.catalog.models import System
from apps.core.actors import Actor
from apps.core.errors import Invalid
from apps.core.refs import Ref
from apps.enforcement.models import Declaration, Enforcement
from apps.enforcement.work import RECONCILE
from apps.jobs import services as jobs
from apps.semantics import codec
from apps.semantics.rules import Rule


@transaction.atomic
def declare(*, owner: Ref, system: System, rules: Sequence[Rule], actor: Actor) -> Declaration:
    """State all rules of this owner in this system; they replace what it stated before.

    What it states already is returned as it stands. Raises Invalid when two rules have the same
    key.
    """
    if len({rule.key for rule in rules}) != len(rules):
        raise Invalid(f"Two rules of {owner} have the same key.", fields={"rules": "keys repeat"})
    before = Declaration.objects.filter(owner=owner, system=system).first()
    encoded = [codec.encode_rule(rule) for rule in rules]
    if before is not None and before.withdrawn_at is None and before.rules == encoded:
        return before
    declaration, _ = Declaration.objects.update_or_create(
        owner=owner,
        system=system,
        defaults={
            "rules": encoded,
            "generation": _raise_generation(system, actor),
            "declared_at": Now(),
            "withdrawn_at": None,
            "next_change": min(_instants(rules), default=None),
        },
    )
    audit.record(
        action="enforcement.declare",
        subject=owner,
        detail={"system": system.key},
        before={"rules": before.rules} if before and before.withdrawn_at is None else None,
        after={"rules": encoded},
        actor=actor,
    )
    jobs.enqueue(name=RECONCILE, key=system.key, actor=actor)
    declaration.refresh_from_db()
    return declaration


@transaction.atomic
def withdraw(*, owner: Ref, actor: Actor) -> list[Declaration]:
    """State nothing any more for this owner, in whichever system it did.

    Returns the declarations withdrawn: none when it had stated nothing.
    """
    standing = list(
        Declaration.objects.select_for_update()
        .filter(owner=owner, withdrawn_at=None)
        .select_related("system")
        .order_by("system_id")
    )
    for declaration in standing:
        declaration.generation = _raise_generation(declaration.system, actor)
        declaration.withdrawn_at = Now()
        declaration.next_change = None
        declaration.save(update_fields=["generation", "withdrawn_at", "next_change"])
        audit.record(
            action="enforcement.withdraw",
            subject=owner,
            detail={"system": declaration.system.key},
            before={"rules": declaration.rules},
            actor=actor,
        )
        jobs.enqueue(name=RECONCILE, key=declaration.system.key, actor=actor)
        declaration.refresh_from_db()
    return standing


@transaction.atomic
def turn(*, system: System, at: datetime, actor: Actor) -> list[Declaration]:
    """Raise the generation for rules that began or ended since somebody last looked."""
    turning = list(
        Declaration.objects.select_for_update().filter(
            system=system, withdrawn_at=None, next_change__lte=at
        )
    )
    if not turning:
        return []
    generation = _raise_generation(system, actor)
    for declaration in turning:
        rules = [codec.decode_rule(rule) for rule in declaration.rules]
        declaration.generation = generation
        declaration.next_change = min((i for i in _instants(rules) if i > at), default=None)
        audit.record(
            action="enforcement.turn",
            subject=declaration.owner,
            detail={"system": system.key, "at": at.isoformat(), "generation": generation},
            actor=actor,
        )
    Declaration.objects.bulk_update(turning, ["generation", "next_change"])
    return turning


def wake_due(*, at: datetime, actor: Actor) -> list[str]:
    """Enqueue a pass for each system in which a rule has begun or ended; returns their keys."""
    due = Declaration.objects.filter(withdrawn_at=None, next_change__lte=at)
    keys = sorted(set(due.values_list("system__key", flat=True)))
    for key in keys:
        jobs.enqueue(name=RECONCILE, key=key, actor=actor)
    return keys


def _raise_generation(system: System, actor: Actor) -> int:
    state, _ = Enforcement.objects.select_for_update().get_or_create(system=system)
    state.generation += 1
    state.moved_by[actor.ref] = state.generation
    state.save(update_fields=["generation", "moved_by"])
    return state.generation


def _instants(rules: Iterable[Rule]) -> list[datetime]:
    """When these rules begin or end."""
    both = (instant for rule in rules for instant in (rule.valid_from, rule.until))
    return [instant for instant in both if instant is not None]
