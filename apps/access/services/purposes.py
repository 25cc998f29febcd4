"""Purposes: what data may be used for."""

from django.db import transaction

from apps.access.models import Purpose
from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Conflict


@transaction.atomic
def add_purpose(*, key: str, name: str, description: str, actor: Actor) -> Purpose:
    """Add a purpose that requests can name. Raises Conflict when the key is taken."""
    if Purpose.objects.filter(key=key).exists():
        raise Conflict(f"There is a purpose {key} already.")
    purpose = Purpose.objects.create(key=key, name=name, description=description)
    audit.record(
        action="access.add_purpose",
        subject=purpose.ref,
        after={"name": name, "description": description},
        actor=actor,
    )
    return purpose


@transaction.atomic
def retire_purpose(*, purpose: Purpose, actor: Actor) -> Purpose:
    """Let nobody ask for this purpose any more; grants that stand keep it until they end.

    Raises Conflict when it is retired already.
    """
    purpose = Purpose.objects.select_for_update().get(pk=purpose.pk)
    if not purpose.active:
        raise Conflict(f"{purpose.name} is retired already.")
    purpose.active = False
    purpose.save(update_fields=["active"])
    audit.record(
        action="access.retire_purpose",
        subject=purpose.ref,
        before={"active": True},
        after={"active": False},
        actor=actor,
    )
    return purpose
