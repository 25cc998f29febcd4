"""Connecting systems, and pausing and resuming work with them."""

import re
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError

from apps.audit import services as audit
from apps.catalog.addresses import checked_address, checked_secrets
from apps.catalog.models import System, SystemState
from apps.catalog.work import SCAN
from apps.connectors import registry
from apps.connectors.contracts import Refused as ConnectorRefused
from apps.core.actors import Actor
from apps.core.errors import Conflict, Invalid, Stale
from apps.identity.models import Domain
from apps.jobs import services as jobs

KEY = re.compile(r"[a-z][a-z0-9-]{0,62}")
"""What a key may be; it stands in refs, marks and addresses."""


@transaction.atomic
def connect_system(
    *,
    key: str,
    name: str,
    address: dict[str, Any],
    secrets: dict[str, Any],
    connector: str = "postgresql",
    domain: Domain | None = None,
    sampling: bool = False,
    actor: Actor,
) -> System:
    """Make a system known and have it scanned; `secrets` are references and never secrets.

    Raises Invalid with every input at fault named, Conflict when the key is taken.
    """
    if not KEY.fullmatch(key):
        raise Invalid(
            "The key cannot be used.",
            fields={"key": "must be lower-case letters, digits and hyphens, a letter first"},
        )
    if not 1 <= len(name.strip()) <= 200:
        raise Invalid("The name cannot be used.", fields={"name": "must be 1 to 200 characters"})
    _require_connector(connector)
    address, secrets = checked_address(address), checked_secrets(secrets)
    try:
        with transaction.atomic():
            system = System.objects.create(
                key=key,
                name=name.strip(),
                connector=connector,
                address=address,
                secrets=secrets,
                domain=domain,
                sampling=sampling,
            )
    except IntegrityError as error:
        raise Conflict(f"There is a system {key} already.", fields={"key": "is taken"}) from error
    audit.record(
        action="catalog.connect_system", subject=system.ref, actor=actor, after=_shown(system)
    )
    jobs.enqueue(name=SCAN, key=system.key, actor=actor)
    return system


@transaction.atomic
def change_system(
    *,
    system: System,
    version: int,
    name: str | None = None,
    address: dict[str, Any] | None = None,
    secrets: dict[str, Any] | None = None,
    sampling: bool | None = None,
    actor: Actor,
) -> System:
    """Change how a system is reached or what may be looked at there; what is None stays.

    Raises Invalid with every input at fault named, Stale when it has changed since `version`.
    """
    system = _locked(system, version)
    before = _shown(system)
    if name is not None:
        if not 1 <= len(name.strip()) <= 200:
            raise Invalid(
                "The name cannot be used.", fields={"name": "must be 1 to 200 characters"}
            )
        system.name = name.strip()
    if address is not None:
        system.address = checked_address(address)
    if secrets is not None:
        system.secrets = checked_secrets(secrets)
    if sampling is not None:
        system.sampling = sampling
    return _changed(system, "catalog.change_system", before, actor)


@transaction.atomic
def pause_system(*, system: System, version: int, actor: Actor) -> System:
    """Stop working with a system; what stands there goes on standing."""
    system = _locked(system, version)
    if system.state == SystemState.PAUSED:
        raise Conflict(f"{system.name} is paused already.")
    before = _shown(system)
    system.state = SystemState.PAUSED
    return _changed(system, "catalog.pause_system", before, actor)


@transaction.atomic
def resume_system(*, system: System, version: int, actor: Actor) -> System:
    """Work with a system again, beginning with a scan."""
    system = _locked(system, version)
    if system.state == SystemState.ACTIVE:
        raise Conflict(f"{system.name} is not paused.")
    before = _shown(system)
    system.state = SystemState.ACTIVE
    jobs.enqueue(name=SCAN, key=system.key, actor=actor)
    return _changed(system, "catalog.resume_system", before, actor)


@transaction.atomic
def remove_system(*, system: System, version: int, actor: Actor) -> System:
    """Forget a system and all that was listed there; what the book says of it stays.

    Raises Stale when it has changed since `version`, Conflict once anything was ever decided or
    declared there: its record would be lost.
    """
    system = _locked(system, version)
    before, ref = _shown(system), system.ref
    try:
        with transaction.atomic():
            system.delete()
    except (ProtectedError, RestrictedError) as error:
        raise Conflict(
            f"Rules or grants were decided for {system.name}, and their record stays with it. "
            "Pause it instead."
        ) from error
    audit.record(action="catalog.remove_system", subject=ref, actor=actor, before=before)
    return system


@transaction.atomic
def request_scan(*, system: System, actor: Actor) -> System:
    """Have the system scanned soon. Raises Conflict when it is paused."""
    if system.state == SystemState.PAUSED:
        raise Conflict(f"{system.name} is paused.")
    jobs.enqueue(name=SCAN, key=system.key, actor=actor)
    audit.record(action="catalog.request_scan", subject=system.ref, actor=actor)
    return system


def _require_connector(connector: str) -> None:
    try:
        registry.scanner_class(connector)
    except ConnectorRefused as error:
        raise Invalid("There is no such connector.", fields={"connector": str(error)}) from error


def _locked(system: System, version: int) -> System:
    system = System.objects.select_for_update().get(pk=system.pk)
    if system.version != version:
        raise Stale(f"{system.name} has changed since you looked.")
    return system


def _changed(system: System, action: str, before: dict[str, Any], actor: Actor) -> System:
    system.version += 1
    system.save()
    audit.record(
        action=action, subject=system.ref, actor=actor, before=before, after=_shown(system)
    )
    return system


def _shown(system: System) -> dict[str, Any]:
    """What the book keeps of a system; references are names of secrets and may be told."""
    return {
        "name": system.name,
        "connector": system.connector,
        "address": system.address,
        "secrets": system.secrets,
        "domain": system.domain.key if system.domain else None,
        "sampling": system.sampling,
        "state": system.state,
    }
