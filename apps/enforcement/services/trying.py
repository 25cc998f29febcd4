"""Trying a connection: what may we do there, and what can we therefore not do."""

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from apps.audit import services as audit
from apps.catalog import connections
from apps.catalog.models import System
from apps.connectors.contracts import Right
from apps.core.actors import Actor
from apps.core.errors import Refused, Unavailable
from apps.enforcement.models import Enforcement
from apps.enforcement.recording import Recorder
from apps.enforcement.services.calls import note_calls

OFTEN = timedelta(days=1)
"""The rights that we hold are asked for again after so long."""


def keep_trying(*, system: System, at: datetime, actor: Actor) -> None:
    """Ask for our rights when nobody did for a day; a system that is silent is asked again."""
    tested = Enforcement.objects.filter(system=system, tested_at__gt=at - OFTEN)
    if tested.exists():
        return
    with suppress(Refused, Unavailable):
        try_connection(system=system, at=at, actor=actor)


def try_connection(*, system: System, at: datetime, actor: Actor) -> list[Right]:
    """Ask the system for the rights we hold and lack, and keep the answer.

    Raises Refused when the connection cannot be made for a reason that a person must mend,
    Unavailable when the system does not answer.
    """
    with transaction.atomic():
        audit.record(action="enforcement.try_connection", subject=system.ref, actor=actor)
    recorder = Recorder(at)
    try:
        with connections.answering(system):
            scanner = connections.scanner(system)
            rights = list(recorder.noted("rights", "", scanner.rights))
    finally:
        note_calls(system=system, calls=tuple(recorder.calls))
    _keep(system, rights, at)
    return rights


@transaction.atomic
def _keep(system: System, rights: list[Right], at: datetime) -> None:
    state, _ = Enforcement.objects.select_for_update().get_or_create(system=system)
    state.rights, state.tested_at = [asdict(right) for right in rights], at
    state.save(update_fields=["rights", "tested_at"])
