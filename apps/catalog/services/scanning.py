"""Scans a system: reads it whole, then writes what differs, or nothing when nothing does."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from apps.audit import services as audit
from apps.catalog import connections
from apps.catalog.events import SCANNED
from apps.catalog.fingerprints import fingerprint
from apps.catalog.models import RunState, ScanRun, System, SystemState
from apps.catalog.services.storing import (
    store_datasets,
    store_fields,
    store_keys,
    store_parents,
)
from apps.catalog.services.storing_roles import store_bypasses, store_privileges, store_roles
from apps.connectors.contracts import Refused as ConnectorRefused
from apps.connectors.contracts import Scan, Unreachable
from apps.core.actors import Actor
from apps.core.errors import Conflict, Problem, Refused, Unavailable
from apps.core.events import announce


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What came of a scan: whether anything had changed, and how much of what."""

    system: System
    changed: bool
    read_at: datetime
    counts: dict[str, int] = field(default_factory=dict)


def scan_system(*, system: System, at: datetime, actor: Actor) -> ScanResult:
    """Read the system and bring the catalog in line with it.

    Where nothing has changed since the last scan, nothing at all is written. Raises Conflict when
    the system is paused; Unavailable or Refused when it could not be read whole, which leaves the
    catalog as it was, apart from the failed run.
    """
    if system.state == SystemState.PAUSED:
        raise Conflict(f"{system.name} is paused.")
    try:
        scan = connections.scanner(system).scan()
    except Unreachable as error:
        problem = Unavailable(f"{system.name} did not answer: {error}")
        raise _failed(system, problem, at, actor) from error
    except ConnectorRefused as error:
        refusal = Refused(f"{system.name} cannot be scanned: {error}")
        raise _failed(system, refusal, at, actor) from error
    seen = fingerprint(scan)
    if seen == system.fingerprint:
        return ScanResult(system, changed=False, read_at=scan.read_at)
    return _take_in(system, scan, seen, at, actor)


@transaction.atomic
def _take_in(system: System, scan: Scan, seen: str, at: datetime, actor: Actor) -> ScanResult:
    system = System.objects.select_for_update().get(pk=system.pk)
    ids, counts = store_datasets(system, scan.datasets, at)
    store_parents(scan.datasets, ids)
    counts |= store_fields(scan.datasets, ids, at)
    store_keys(scan.datasets, ids)
    counts |= store_roles(system, scan.roles, at)
    counts |= store_privileges(system, scan.privileges, ids)
    counts |= store_bypasses(system, scan.bypasses, ids)
    system.fingerprint, system.server, system.scanned_at = seen, scan.server, at
    system.save(update_fields=["fingerprint", "server", "scanned_at"])
    counts = {name: count for name, count in counts.items() if count}
    ScanRun.objects.create(
        system=system, state=RunState.CHANGED, started_at=at, finished_at=Now(), counts=counts
    )
    audit.record(
        action="catalog.scan_system", subject=system.ref, actor=actor, detail={"counts": counts}
    )
    announce(SCANNED, system.key)
    return ScanResult(system, changed=True, read_at=scan.read_at, counts=counts)


@transaction.atomic
def _failed(system: System, problem: Problem, at: datetime, actor: Actor) -> Problem:
    ScanRun.objects.create(
        system=system,
        state=RunState.FAILED,
        started_at=at,
        finished_at=Now(),
        error=problem.detail,
    )
    audit.record(
        action="catalog.scan_failed",
        subject=system.ref,
        actor=actor,
        detail={"error": problem.detail},
    )
    return problem
