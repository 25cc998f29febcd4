"""One pass at a time in a system, by an advisory lock of our own database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

from apps.catalog.models import System
from apps.core.errors import Unavailable

_CLASS = 0x5E7E
"""The first half of our advisory locks' numbers; the second is the system's id."""


class Busy(Unavailable):
    """Another pass in the same system is under way."""


@contextmanager
def one_pass_at_a_time(system: System, *, wait_seconds: int = 5) -> Iterator[None]:
    """Hold the system's lock while the block lasts; it ends with the connection, however that ends.

    Raises Busy when another pass is not done within the wait.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{wait_seconds}s"])
        try:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_CLASS, system.pk])
        except OperationalError as late:
            raise Busy(f"Another pass in {system.name} is still under way.") from late
        finally:
            if not connection.needs_rollback:
                cursor.execute("SELECT set_config('lock_timeout', '0', false)")
        try:
            yield
        finally:
            if connection.is_usable() and not connection.needs_rollback:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_CLASS, system.pk])
