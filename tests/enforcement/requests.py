"""Sample requests of enforcement."""

from datetime import UTC, datetime

import pytest

from apps.catalog.models import Dataset, System
from apps.connectors.contracts import Right
from apps.enforcement.models import Enforcement, TakeOver
from apps.identity.models import User
from apps.identity.permissions import Role
from tests.connectors.double import MemoryServer, MemoryTarget
from tests.enforcement.conftest import furnish
from tests.people import person
from tests.samples import Sample, sample

API = "/api/v1"


class Rights:
    """A scanner that is asked for our rights alone."""

    def rights(self) -> list[Right]:
        return [Right("connect", True, "everything", "")]


def admin() -> User:
    return person("Ada", Role.ADMIN)


def system(patch: pytest.MonkeyPatch, **more: object) -> System:
    made = System.objects.create(key="warehouse", name="Warehouse", connector="double", **more)
    furnish(made, tables=1)
    server = MemoryServer()
    server.foreign["sales.t0"] = {"rights": [{"grantee": "alice", "privilege": "SELECT"}]}
    patch.setattr("apps.catalog.connections.target", lambda system: MemoryTarget(server))
    patch.setattr("apps.catalog.connections.scanner", lambda system: Rights())
    return made


def state(patch: pytest.MonkeyPatch, **more: object) -> Enforcement:
    return Enforcement.objects.create(system=system(patch), **more)


def held(patch: pytest.MonkeyPatch) -> Enforcement:
    plan = [{"name": "double:sales.t0", "verb": "remove", "direction": "tighten"}]
    return state(
        patch, held=True, held_plan=plan, held_digest="0" * 64, held_at=datetime.now(tz=UTC)
    )


def applied(patch: pytest.MonkeyPatch) -> TakeOver:
    made = system(patch)
    return TakeOver.objects.create(
        system=made,
        dataset=Dataset.objects.get(system=made),
        plan={"losses": [], "adopts": False},
        original={},
        proposed_at=datetime.now(tz=UTC),
        state=TakeOver.State.APPLIED,
    )


@sample("POST", f"{API}/enforcements/<uuid:uuid>/reconcile")
def reconcile(patch: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"uuid": state(patch).uuid})


@sample("POST", f"{API}/enforcements/<uuid:uuid>/release")
def release(patch: pytest.MonkeyPatch) -> Sample:
    found = held(patch)
    headers = {"If-Match": f'"v{found.version}"'}
    return Sample(admin(), path={"uuid": found.uuid}, headers=headers)


@sample("POST", f"{API}/enforcements/<uuid:uuid>/try")
def try_now(patch: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"uuid": state(patch).uuid})


@sample("POST", f"{API}/take-overs")
def take_over(patch: pytest.MonkeyPatch) -> Sample:
    dataset = Dataset.objects.get(system=system(patch))
    return Sample(admin(), data={"dataset": str(dataset.uuid), "adopt": False})


@sample("POST", f"{API}/take-overs/<uuid:uuid>/undo")
def undo(patch: pytest.MonkeyPatch) -> Sample:
    found = applied(patch)
    headers = {"If-Match": f'"v{found.version}"'}
    return Sample(admin(), path={"uuid": found.uuid}, headers=headers)


@sample("POST", "/connections/<slug:key>/compare")
@sample("POST", "/connections/<slug:key>/try")
def on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"key": system(patch).key})


@sample("POST", "/connections/<slug:key>/release")
def release_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    found = held(patch)
    return Sample(admin(), path={"key": found.system.key}, data={"version": found.version})


@sample("POST", "/connections/<slug:key>/pause")
def pause(patch: pytest.MonkeyPatch) -> Sample:
    made = system(patch)
    return Sample(admin(), path={"key": made.key}, data={"version": made.version})


@sample("POST", "/connections/<slug:key>/resume")
def resume(patch: pytest.MonkeyPatch) -> Sample:
    made = system(patch, state="paused")
    return Sample(admin(), path={"key": made.key}, data={"version": made.version})


@sample("POST", "/connections/<slug:key>/take-over")
def take_over_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    made = system(patch)
    dataset = Dataset.objects.get(system=made)
    return Sample(
        admin(), path={"key": made.key}, data={"dataset": dataset.qualified, "act": "take"}
    )


@sample("POST", "/take-overs/<uuid:uuid>/undo")
def undo_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    found = applied(patch)
    return Sample(admin(), path={"uuid": found.uuid}, data={"version": found.version})
