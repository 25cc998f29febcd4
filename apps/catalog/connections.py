"""Builds the connector of a system from its row; secrets stay references until they are used."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apps.catalog.addresses import LOGINS, why_not
from apps.catalog.models import System
from apps.connectors import registry
from apps.connectors.contracts import Refused, Right, Scanner, Unreachable
from apps.core import errors


def scanner(system: System) -> Scanner:
    """What lists the system's content. Raises Refused when it cannot be built."""
    built: Scanner = registry.scanner_class(system.connector)(**_logins(system))
    return built


@contextmanager
def answering(system: System) -> Iterator[None]:
    """Say in our own errors what the connector of the system says while the block lasts.

    Raises core's Refused when a person must mend something, Unavailable when nobody answers.
    """
    try:
        yield
    except Refused as refused:
        raise errors.Refused(str(refused)) from refused
    except Unreachable as silent:
        raise errors.Unavailable(f"{system.name} did not answer: {silent}") from silent


def rights_of(system: System) -> tuple[Right, ...]:
    """The rights that our logins hold and lack in the system, asked now, those lacking first.

    Raises as `answering`.
    """
    with answering(system):
        found = scanner(system).rights()
    return tuple(sorted(found, key=lambda right: right.held))


def target(system: System) -> Any:
    """What enforces in the system. Raises Refused when a login is missing or it cannot be built."""
    logins = _logins(system)
    for name in ("apply", "probe"):
        if logins.get(name) is None:
            raise Refused(f"{system.name} has no {name} login, so nothing can be enforced there.")
    key = system.secrets.get("mask_key") or None
    return registry.target_class(system.connector)(**logins, mask_key=key, mark=system.key)


def _logins(system: System) -> dict[str, Any]:
    make = registry.login_class(system.connector)
    address = system.address
    if refusal := why_not(address["host"]):
        raise Refused(f"The address of {system.name} {refusal}.")
    return {
        name: make(
            host=address["host"],
            port=int(address["port"]),
            dbname=address["dbname"],
            sslmode=address.get("sslmode", "prefer"),
            user=system.secrets[name]["user"],
            secret=system.secrets[name]["secret"],
        )
        for name in LOGINS
        if system.secrets.get(name)
    }
