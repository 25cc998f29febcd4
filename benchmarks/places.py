"""Where benchmarks run: fresh servers, an empty database of ours, what a warehouse is sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

PASSWORD = "for-this-run-alone"


@contextmanager
def servers() -> Iterator[tuple[Any, Any]]:
    """A cluster for our own database and one for the warehouse, while the block lasts."""
    from controlplane.embedded.roles import ensure_roles
    from tests.servers import running_cluster

    with running_cluster("control") as control:
        with control.connect() as admin:
            ensure_roles(admin, dict.fromkeys(("owner", "web", "worker"), PASSWORD))
            admin.execute("ALTER ROLE seneschal_owner CREATEDB")
        with running_cluster("warehouse") as warehouse:
            yield control, warehouse


@contextmanager
def database(control: Any) -> Iterator[None]:
    """Our own database, empty and migrated, while the block lasts."""
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from controlplane.embedded.roles import OWNER

    for known in (settings.DATABASES["default"], connection.settings_dict):
        known.update(HOST="127.0.0.1", PORT=str(control.port), USER=OWNER, PASSWORD=PASSWORD)
    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)


def statements(call: Callable[[], object]) -> int:
    """How many statements a call sends."""
    sent = 0
    execute = psycopg.Connection.execute

    def counting(self: Any, *given: Any, **named: Any) -> Any:
        nonlocal sent
        sent += 1
        return execute(self, *given, **named)

    psycopg.Connection.execute = counting  # type: ignore[method-assign]
    try:
        call()
    finally:
        psycopg.Connection.execute = execute  # type: ignore[method-assign]
    return sent
