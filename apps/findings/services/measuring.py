"""Compares what is wrong now with what was found before."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Conflict
from apps.core.events import announce
from apps.core.refs import Ref
from apps.findings import events
from apps.findings.models import Finding
from apps.identity.models import Domain


@dataclass(frozen=True, slots=True)
class Observed:
    """One thing that is wrong; `key` tells it from others of its kind and scope.

    `evidence` holds counts, names and the server's own words, never values of people's data.
    """

    subject: Ref
    title: str
    text: str
    remedy: str
    severity: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    domain: Domain | None = None


TOLD = ("subject", "severity", "title", "text", "remedy", "evidence", "domain")
"""What an observation says of a finding, and what a later one may say differently."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measurement changed."""

    opened: tuple[Finding, ...]
    reopened: tuple[Finding, ...]
    closed: tuple[Finding, ...]
    still_open: int


@transaction.atomic
def measure(
    *, kind: str, scope: str, observed: Iterable[Observed], at: datetime, actor: Actor
) -> Measured:
    """Make the findings of this kind and scope say what was observed, and nothing else.

    What is new is opened, what is still there is noted as seen, what was closed and is back is
    opened again, what is no longer there is closed. Call it only after a complete look: a look
    that failed half-way has observed nothing and must not be reported. Two measurements of the
    same kind and scope wait for each other.
    """
    seen = {fingerprint(kind, scope, one): one for one in observed}
    _lock(kind, scope)
    known = {f.fingerprint: f for f in Finding.objects.filter(kind=kind, scope=scope)}
    opened = _open(kind, scope, {k: o for k, o in seen.items() if k not in known}, at)
    present = [(known[k], one) for k, one in seen.items() if k in known]
    reopened = [finding for finding, _ in present if not finding.is_open]
    for finding in reopened:
        _move(finding, Finding.State.OPEN, at)
    _note_seen(present, at)
    closed = [f for k, f in known.items() if k not in seen and f.is_open]
    for finding in closed:
        _move(finding, Finding.State.CLOSED, at)
    for verb, findings in (("open", opened), ("reopen", reopened), ("close", closed)):
        for finding in findings:
            _tell(verb, finding, actor)
    still = sum(1 for _ in present) - len(reopened)
    return Measured(tuple(opened), tuple(reopened), tuple(closed), still)


def fingerprint(kind: str, scope: str, observed: Observed) -> str:
    """What makes this trouble the same trouble next time."""
    parts = "\x1f".join((kind, scope, observed.key or observed.subject))
    return hashlib.sha256(parts.encode()).hexdigest()


def _lock(kind: str, scope: str) -> None:
    name = f"findings/{kind}/{scope}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _open(kind: str, scope: str, fresh: Mapping[str, Observed], at: datetime) -> list[Finding]:
    return Finding.objects.bulk_create(
        Finding(
            fingerprint=key,
            kind=kind,
            scope=scope,
            opened_at=at,
            last_seen_at=at,
            **_told(one),
        )
        for key, one in fresh.items()
    )


def _told(observed: Observed) -> dict[str, Any]:
    return {
        "subject": observed.subject,
        "severity": observed.severity,
        "title": observed.title[:300],
        "text": observed.text,
        "remedy": observed.remedy,
        "evidence": dict(observed.evidence),
        "domain_id": observed.domain.pk if observed.domain else None,
    }


def _note_seen(present: list[tuple[Finding, Observed]], at: datetime) -> None:
    changed = []
    for finding, one in present:
        finding.last_seen_at = at
        told = _told(one)
        if any(getattr(finding, name) != value for name, value in told.items()):
            for name, value in told.items():
                setattr(finding, name, value)
            changed.append(finding)
    Finding.objects.bulk_update(changed, TOLD, batch_size=500)
    Finding.objects.filter(pk__in=[finding.pk for finding, _ in present]).update(last_seen_at=at)


def _move(finding: Finding, state: Finding.State, at: datetime) -> None:
    if state not in Finding.MOVES[finding.state]:
        raise Conflict(f"This finding is {finding.get_state_display().lower()} already.")
    finding.state = state
    finding.version += 1
    if state == Finding.State.OPEN:
        finding.opened_at = at
        finding.closed_at = None
        finding.times_opened += 1
    else:
        finding.closed_at = at
    finding.save(update_fields=["state", "version", "opened_at", "closed_at", "times_opened"])


def _tell(verb: str, finding: Finding, actor: Actor) -> None:
    audit.record(
        action=f"findings.{verb}_finding",
        subject=finding.ref,
        detail={
            "about": finding.subject,
            "kind": finding.kind,
            "scope": finding.scope,
            "severity": finding.severity,
            "title": finding.title,
        },
        actor=actor,
    )
    announce(events.CHANGED, str(finding.uuid))
