"""A live warehouse with its catalog rows: scanned, classified, and ready to be governed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.conf import settings
from django.utils import timezone

from apps.catalog.models import Field, System, Tag, Tagging
from apps.catalog.services import scan_system
from apps.core.actors import SystemActor
from apps.enforcement import services
from apps.enforcement.models import Declaration, Sync
from apps.semantics.filters import EVERYTHING, Filter
from apps.semantics.masks import Mask
from apps.semantics.rules import Effect, Rule
from tests.connectors.postgresql.estate import KEY, ORDERS, PASSWORD, Estate, make_estate
from tests.servers import WarehouseDatabase

ACTOR = SystemActor("tests")
LOGIN, MASK_KEY = "TEST_WAREHOUSE_LOGIN", "TEST_WAREHOUSE_KEY"


@dataclass
class Warehouse:
    """A system of the catalog and the database behind it."""

    system: System
    estate: Estate

    def grant(
        self,
        number: int,
        who: str,
        columns: Iterable[str] | None = None,
        rows: Filter = EVERYTHING,
        *,
        masks: dict[str, Mask] | None = None,
        dataset: str = "sales.orders",
        until: datetime | None = None,
    ) -> Declaration:
        """Declare one grant."""
        owner = f"grant:G-{number}"
        rule = Rule(
            key=owner,
            origin=owner,
            effect=Effect.GRANT,
            dataset=dataset,
            principals=frozenset({who}),
            columns=None if columns is None else frozenset(columns),
            filter=rows,
            masks=tuple((masks or {}).items()),
            until=until,
        )
        return services.declare(owner=owner, system=self.system, rules=(rule,), actor=ACTOR)

    def withdraw(self, number: int) -> None:
        """Withdraw one grant."""
        services.withdraw(owner=f"grant:G-{number}", actor=ACTOR)

    def reconcile(self) -> Sync:
        """Run one pass."""
        return services.reconcile(system=self.system, at=timezone.now(), actor=ACTOR)

    def scan(self) -> None:
        """Scan, and say of every column that it holds nothing to protect."""
        scan_system(system=self.system, at=timezone.now(), actor=ACTOR)
        tag, _ = Tag.objects.get_or_create(key="public.none", defaults={"name": "Nothing"})
        fields = Field.objects.filter(dataset__system=self.system, taggings=None)
        Tagging.objects.bulk_create(
            Tagging(field=field, tag=tag, state="confirmed", decided_at=timezone.now())
            for field in fields
        )
        self.system.refresh_from_db()


def open_warehouse(
    db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch, more: str = ""
) -> Warehouse:
    """Build the estate, connect it as a system, scan and classify it."""
    monkeypatch.setattr(settings, "CONNECTABLE_NETWORKS", ["127.0.0.0/8"])
    monkeypatch.setenv(LOGIN, PASSWORD)
    monkeypatch.setenv(MASK_KEY, KEY)
    monkeypatch.setattr("apps.jobs.services.queue.wake", lambda: None)
    estate = make_estate(db)
    estate.sql(ORDERS + more)
    system = System.objects.create(
        key="warehouse",
        name="Warehouse",
        connector="postgresql",
        address={"host": "127.0.0.1", "port": db.cluster.port, "dbname": db.name},
        secrets={
            **{
                login: {"user": f"sen_{login}", "secret": f"env:{LOGIN}"}
                for login in ("scan", "apply", "probe")
            },
            "mask_key": f"env:{MASK_KEY}",
        },
    )
    warehouse = Warehouse(system, estate)
    warehouse.scan()
    return warehouse
