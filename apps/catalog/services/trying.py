"""Trying an address and its logins before anything is kept of them."""

from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.catalog import connections
from apps.catalog.addresses import checked_address, checked_secrets
from apps.catalog.models import System
from apps.connectors.contracts import Right
from apps.core.actors import Actor
from apps.core.errors import Refused, Unavailable
from apps.core.refs import ref


def try_address(
    *,
    name: str,
    address: dict[str, Any],
    secrets: dict[str, Any],
    connector: str = "postgresql",
    actor: Actor,
) -> tuple[Right, ...]:
    """The rights that these logins hold and lack there, asked now; only the asking is kept.

    Raises Invalid with every input at fault named, and Refused when it did not let us in or did
    not answer: what was given must be mended before anything of it is kept.
    """
    address, secrets = checked_address(address), checked_secrets(secrets)
    with transaction.atomic():
        audit.record(
            action="catalog.try_address",
            subject=ref("address", "{host}:{port}/{dbname}".format(**address)),
            actor=actor,
            detail={"secrets": secrets, "sslmode": address["sslmode"]},
        )
    system = System(name=name, connector=connector, address=address, secrets=secrets)
    try:
        return connections.rights_of(system)
    except Unavailable as silent:
        raise Refused(silent.detail) from silent
