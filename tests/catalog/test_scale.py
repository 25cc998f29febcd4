"""A scan of 10,000 tables and 200,000 columns takes 30 s at most, and 5 s when nothing changed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog import services
from apps.catalog.models import Dataset, Field, System
from apps.core.actors import SystemActor
from tests.servers import WarehouseDatabase, sized

ACTOR = SystemActor("test")
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_a_large_database_is_scanned_within_its_time(
    warehouse_db: WarehouseDatabase, connected: Callable[..., System]
) -> None:
    tables = sized(300, 10_000)
    columns = ", ".join(f"column_{number} text" for number in range(19))
    with warehouse_db.connect() as admin:
        for start in range(0, tables, 500):
            statements = (
                f"CREATE TABLE table_{number} (id int PRIMARY KEY, {columns})"
                for number in range(start, min(start + 500, tables))
            )
            admin.execute("; ".join(statements).encode())
    system = connected()
    began = time.monotonic()
    services.scan_system(system=system, at=AT, actor=ACTOR)
    first = time.monotonic() - began
    system.refresh_from_db()
    began = time.monotonic()
    with CaptureQueriesContext(connection) as queries:
        result = services.scan_system(system=system, at=AT, actor=ACTOR)
    again = time.monotonic() - began
    assert (Dataset.objects.count(), Field.objects.count()) == (tables, tables * 20)
    assert not result.changed
    assert len(queries) == 0
    assert first <= 30
    assert again <= 5
