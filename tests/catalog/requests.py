"""Sample requests of the catalog."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from apps.catalog.models import Account, Dataset, Field, System, SystemRole, Tag, Tagging, TagState
from apps.connectors.contracts import Right
from apps.identity.permissions import Role
from tests.people import domain, person
from tests.samples import Sample, sample

API = "/api/v1"
LOGIN = {"user": "scanner", "secret": "env:WAREHOUSE"}


def system(**more: object) -> System:
    address = {"host": "db.example.org", "port": 5432, "dbname": "warehouse"}
    return System.objects.create(
        key="warehouse", name="Warehouse", address=address, secrets={"scan": LOGIN}, **more
    )


def field() -> Field:
    at = datetime.now(tz=UTC)
    orders = Dataset.objects.create(
        system=system(),
        schema="sales",
        name="orders",
        kind="table",
        first_seen_at=at,
        last_seen_at=at,
    )
    return Field.objects.create(dataset=orders, name="email", position=1, type="text")


def tag() -> Tag:
    return Tag.objects.get_or_create(key="pii.email", defaults={"name": "E-mail"})[0]


def proposal() -> Sample:
    made = Tagging.objects.create(
        field=field(), tag=tag(), state=TagState.PROPOSED, detector="email", confidence=0.9
    )
    headers = {"If-Match": f'"v{made.version}"'}
    return Sample(person("Ada", Role.ADMIN), path={"uuid": made.uuid}, headers=headers)


@sample("POST", f"{API}/systems")
def connect(patch: pytest.MonkeyPatch) -> Sample:
    patch.setattr("apps.catalog.addresses.why_not", lambda host: "")
    data = {
        "key": "warehouse",
        "name": "Warehouse",
        "address": {"host": "192.0.2.1", "port": 5432, "dbname": "warehouse"},
        "secrets": {"scan": LOGIN},
    }
    return Sample(person("Ada", Role.ADMIN), data=data)


@sample("POST", f"{API}/systems/<uuid:uuid>/scan")
def scan(_: pytest.MonkeyPatch) -> Sample:
    return Sample(person("Ada", Role.ADMIN), path={"uuid": system().uuid})


@sample("POST", f"{API}/systems/<uuid:uuid>/pause")
def pause(_: pytest.MonkeyPatch) -> Sample:
    made = system()
    headers = {"If-Match": f'"v{made.version}"'}
    return Sample(person("Ada", Role.ADMIN), path={"uuid": made.uuid}, headers=headers)


@sample("POST", f"{API}/systems/<uuid:uuid>/resume")
def resume(_: pytest.MonkeyPatch) -> Sample:
    made = system(state="paused")
    headers = {"If-Match": f'"v{made.version}"'}
    return Sample(person("Ada", Role.ADMIN), path={"uuid": made.uuid}, headers=headers)


@sample("POST", f"{API}/datasets/<uuid:uuid>/place")
def place(_: pytest.MonkeyPatch) -> Sample:
    made = field().dataset
    data = {"domain": domain("sales").key, "owner": str(person("Olga", Role.OWNER).uuid)}
    headers = {"If-Match": f'"v{made.version}"'}
    return Sample(person("Ada", Role.ADMIN), path={"uuid": made.uuid}, data=data, headers=headers)


@sample("POST", f"{API}/taggings")
def tag_by_hand(_: pytest.MonkeyPatch) -> Sample:
    data = {"field": str(field().uuid), "tag": tag().key}
    return Sample(person("Ada", Role.ADMIN), data=data)


@sample("POST", f"{API}/taggings/<uuid:uuid>/confirm")
def confirm(_: pytest.MonkeyPatch) -> Sample:
    return proposal()


@sample("POST", f"{API}/taggings/<uuid:uuid>/reject")
def reject(_: pytest.MonkeyPatch) -> Sample:
    return proposal()


@sample("POST", f"{API}/accounts")
def map_account(_: pytest.MonkeyPatch) -> Sample:
    made = system()
    SystemRole.objects.create(system=made, name="anna", login=True)
    data = {"system": made.key, "user": str(person().uuid), "role": "anna"}
    return Sample(person("Ada", Role.ADMIN), data=data)


@sample("DELETE", f"{API}/accounts/<uuid:uuid>")
def unmap_account(_: pytest.MonkeyPatch) -> Sample:
    made = Account.objects.create(system=system(), user=person(), role="anna")
    return Sample(person("Ada", Role.ADMIN), path={"uuid": made.uuid})


# --- Pages --------------------------------------------------------------------------------------


@sample("POST", "/data/<uuid:uuid>/scan")
@sample("POST", "/data/<uuid:uuid>/settle")
def about_a_dataset(_: pytest.MonkeyPatch) -> Sample:
    return Sample(person("Ada", Role.ADMIN), path={"uuid": field().dataset.uuid})


@sample("POST", "/data/columns/<uuid:uuid>/tag")
def tag_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    data = {"tag": tag().key}
    return Sample(person("Ada", Role.ADMIN), path={"uuid": field().uuid}, data=data)


@sample("POST", "/data/tags/<uuid:uuid>/decide")
def decide_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    made = proposal()
    version = made.headers["If-Match"].strip('"v')
    return replace(made, data={"answer": "confirm", "version": version})


def logins() -> dict[str, str]:
    return {
        "name": "Warehouse",
        "host": "192.0.2.1",
        "port": "5432",
        "dbname": "warehouse",
        "sslmode": "prefer",
        "scan_user": "scanner",
        "scan_secret": "env:WAREHOUSE",
    }


class Answering:
    """A scanner that lets everybody in."""

    def rights(self) -> tuple[Right, ...]:
        """One right, held."""
        return (Right("scan: sign in", True, "list"),)


def answering(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("apps.catalog.addresses.why_not", lambda host: "")
    patch.setattr("apps.catalog.connections.scanner", lambda system: Answering())


@sample("POST", "/connections/new/postgresql")
def connect_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    answering(patch)
    return Sample(person("Ada", Role.ADMIN), data={**logins(), "act": "save"})


@sample("POST", "/connections/<slug:key>/settings")
def change_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    answering(patch)
    made = system()
    data = {**logins(), "name": "Another", "version": made.version}
    return Sample(person("Ada", Role.ADMIN), path={"key": made.key}, data=data)


@sample("POST", "/connections/<slug:key>/remove")
def remove_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    made = system()
    data = {"version": made.version}
    return Sample(person("Ada", Role.ADMIN), path={"key": made.key}, data=data)


@sample("POST", "/data/<uuid:uuid>/place")
def place_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    made = field().dataset
    data = {"owner": str(person("Olga", Role.OWNER).uuid), "version": made.version}
    return Sample(person("Ada", Role.ADMIN), path={"uuid": made.uuid}, data=data)


@sample("POST", "/data/place")
def place_many_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    made = field().dataset
    owner = str(person("Olga", Role.OWNER).uuid)
    data = {"owner": owner, "picked": f"{made.uuid}~{made.version}"}
    return Sample(person("Ada", Role.ADMIN), data=data)


@sample("POST", "/logins/map")
def map_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    made, anna = system(), person("Anna")
    SystemRole.objects.create(system=made, name="anna", login=True)
    data = {"system": made.key, "role": "anna", "person": anna.email}
    return Sample(person("Ada", Role.ADMIN), data=data)


@sample("POST", "/logins/<uuid:uuid>/unmap")
def unmap_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    made = Account.objects.create(system=system(), user=person(), role="anna")
    return Sample(person("Ada", Role.ADMIN), path={"uuid": made.uuid})
