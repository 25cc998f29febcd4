"""A warehouse to scan, and the system row that leads to it."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from apps.catalog.models import System
from tests.servers import WarehouseDatabase


@pytest.fixture
def connected(
    db: None,
    warehouse_db: WarehouseDatabase,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> Callable[..., System]:
    """Return a function that makes the system row of `warehouse_db`, scanned as its superuser."""

    settings.CONNECTABLE_NETWORKS = ["127.0.0.0/8"]

    def connect(**changes: object) -> System:
        monkeypatch.setenv("WAREHOUSE_PASSWORD", warehouse_db.cluster.password)
        values: dict[str, object] = {
            "key": "warehouse",
            "name": "Warehouse",
            "address": {
                "host": "127.0.0.1",
                "port": warehouse_db.cluster.port,
                "dbname": warehouse_db.name,
            },
            "secrets": {"scan": {"user": "postgres", "secret": "env:WAREHOUSE_PASSWORD"}},
        }
        return System.objects.create(**{**values, **changes})

    return connect
