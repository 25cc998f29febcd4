"""One system whose target is the in-memory double, and the people known in it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from apps.catalog.models import Dataset, Field, System, SystemRole
from apps.core.actors import SystemActor
from apps.enforcement import services
from apps.enforcement.models import Declaration, Sync
from apps.semantics.rules import Effect, Rule
from tests.connectors.double import MemoryServer, MemoryTarget

ACTOR = SystemActor("tests")
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass
class World:
    """A system, the server behind it, and short ways to declare and reconcile."""

    system: System
    server: MemoryServer
    at: datetime = AT

    def grant(self, number: int, table: str, who: str, **more: object) -> Declaration:
        """Declare one grant of everything in a table."""
        owner = f"grant:G-{number}"
        rule = Rule(
            key=owner,
            origin=owner,
            effect=Effect.GRANT,
            dataset=f"sales.{table}",
            principals=frozenset({who}),
            **more,  # type: ignore[arg-type]
        )
        return services.declare(owner=owner, system=self.system, rules=(rule,), actor=ACTOR)

    def withdraw(self, number: int) -> None:
        """Withdraw one grant."""
        services.withdraw(owner=f"grant:G-{number}", actor=ACTOR)

    def reconcile(self, at: datetime | None = None) -> Sync:
        """Run one pass."""
        return services.reconcile(system=self.system, at=at or self.at, actor=ACTOR)

    def readers(self, table: str) -> set[str]:
        """Who can read the table out there."""
        return set(self.server.own.get(f"double:sales.{table}", {}).get("readers", {}))


def furnish(system: System, tables: int = 12) -> None:
    """Make the catalog's rows: tables t0…, columns id and email, and three people."""
    seen = AT - timedelta(days=1)
    datasets = Dataset.objects.bulk_create(
        Dataset(
            system=system,
            schema="sales",
            name=f"t{n}",
            kind="table",
            first_seen_at=seen,
            last_seen_at=seen,
        )
        for n in range(tables)
    )
    Field.objects.bulk_create(
        Field(dataset=dataset, name=name, position=position, type=kind)
        for dataset in datasets
        for position, (name, kind) in enumerate([("id", "integer"), ("email", "text")], 1)
    )
    SystemRole.objects.bulk_create(
        SystemRole(system=system, name=name, login=True, superuser=name == "root")
        for name in ("alice", "bob", "root")
    )


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """A furnished system behind the double; jobs are rows that nobody runs."""
    system = System.objects.create(key="warehouse", name="Warehouse", connector="double")
    furnish(system)
    server = MemoryServer()
    monkeypatch.setattr("apps.catalog.connections.target", lambda system: MemoryTarget(server))
    monkeypatch.setattr("apps.jobs.services.queue.wake", lambda: None)
    return World(system, server)
