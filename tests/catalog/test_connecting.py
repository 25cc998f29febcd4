"""A system is connected by reference to its secrets, and only where the operator allows it."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from apps.audit.models import Entry
from apps.catalog import services
from apps.catalog.addresses import why_not
from apps.catalog.models import System, SystemState
from apps.core.actors import SystemActor
from apps.core.errors import Conflict, Invalid, Stale
from apps.jobs.models import Job

ACTOR = SystemActor("test")
ADDRESS = {"host": "127.0.0.1", "port": 5432, "dbname": "warehouse"}
SECRETS = {
    "scan": {"user": "scan", "secret": "env:WAREHOUSE_SCAN"},
    "apply": {"user": "apply", "secret": "file:/run/secrets/apply"},
}


@pytest.fixture(autouse=True)
def _loopback(settings: Settings, db: None) -> None:
    settings.CONNECTABLE_NETWORKS = ["127.0.0.0/8"]


def connect(**changes: Any) -> System:
    values = {"key": "wh", "name": "Warehouse", "address": ADDRESS, "secrets": SECRETS}
    return services.connect_system(**{**values, **changes}, actor=ACTOR)


def test_a_connected_system_is_scanned_soon_and_in_the_book() -> None:
    system = connect()
    assert system.address == {**ADDRESS, "sslmode": "prefer"}
    assert system.secrets == SECRETS
    assert Job.objects.get(name="catalog.scan").key == "wh"
    assert Entry.objects.get(action="catalog.connect_system").subject == "source:wh"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key": "Has Blanks"}, "key"),
        ({"name": "  "}, "name"),
        ({"connector": "oracle"}, "connector"),
        ({"address": {**ADDRESS, "host": "a b"}}, "address.host"),
        ({"address": {**ADDRESS, "host": "no-such-host.invalid"}}, "address.host"),
        ({"address": {**ADDRESS, "port": 0}}, "address.port"),
        ({"address": {**ADDRESS, "port": True}}, "address.port"),
        ({"address": {**ADDRESS, "dbname": ""}}, "address.dbname"),
        ({"address": {**ADDRESS, "sslmode": "maybe"}}, "address.sslmode"),
        ({"address": {**ADDRESS, "options": "-c x"}}, "address"),
        ({"secrets": {}}, "secrets.scan"),
        ({"secrets": {"scan": {"user": "", "secret": "env:A"}}}, "secrets.scan.user"),
        ({"secrets": {"scan": {"user": "s", "secret": "hunter2"}}}, "secrets.scan.secret"),
        ({"secrets": {**SECRETS, "mask_key": "0011aa"}}, "secrets.mask_key"),
        ({"secrets": {**SECRETS, "probe": SECRETS["scan"]}}, "secrets"),
        ({"secrets": {**SECRETS, "other": {}}}, "secrets"),
    ],
)
def test_bad_input_is_refused_with_the_field_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        connect(**changes)
    assert list(raised.value.fields) == [field]
    assert "hunter2" not in str(raised.value.fields)
    assert not System.objects.exists()


@pytest.mark.parametrize(
    "reference",
    [
        "env:SENESCHAL_SECRET_KEY",
        "env:DATABASE_URL",
        "env:REDIS_URL",
        "env:AWS_SECRET_ACCESS_KEY",
        "file:/etc/shadow",
        "file:/proc/self/environ",
        "file:/run/../etc/passwd",
        "file:relative",
        "env:",
        "env:A B",
        "http://169.254.169.254/",
    ],
)
def test_secrets_that_are_not_the_systems_own_cannot_be_sent_to_it(reference: str) -> None:
    with pytest.raises(Invalid):
        connect(secrets={"scan": {"user": "s", "secret": reference}})


def test_our_data_folder_lends_only_what_lies_in_its_systems_folder(
    settings: Settings,
) -> None:
    with pytest.raises(Invalid, match="logins") as raised:
        connect(
            secrets={"scan": {"user": "s", "secret": f"file:{settings.DATA_FOLDER}/keys/audit.pem"}}
        )
    assert "Seneschal's own" in str(raised.value.fields)
    kept = f"file:{settings.SYSTEM_SECRETS_FOLDER}/scan"
    connect(secrets={"scan": {"user": "s", "secret": kept}})


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "0.0.0.0",
     "::ffff:10.0.0.1", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
def test_addresses_that_are_not_public_need_to_be_allowed(host: str, settings: Settings) -> None:
    settings.CONNECTABLE_NETWORKS = []
    assert "SENESCHAL_ALLOWED_NETWORKS" in why_not(host)
    settings.CONNECTABLE_NETWORKS = ["0.0.0.0/0", "::/0"]
    assert why_not(host) == ""


def test_a_public_address_needs_nothing(settings: Settings) -> None:
    settings.CONNECTABLE_NETWORKS = []
    assert why_not("8.8.8.8") == ""


def test_a_network_that_is_no_longer_allowed_is_not_connected_to(
    settings: Settings,
) -> None:
    from apps.catalog import connections
    from apps.connectors.contracts import Refused

    system = connect()
    settings.CONNECTABLE_NETWORKS = []
    with pytest.raises(Refused, match="SENESCHAL_ALLOWED_NETWORKS"):
        connections.scanner(system)


def test_a_key_is_taken_once() -> None:
    connect()
    with pytest.raises(Conflict):
        connect()


def test_changing_pausing_and_resuming_count_versions() -> None:
    system = connect()
    system = services.change_system(system=system, version=1, sampling=True, actor=ACTOR)
    assert system.sampling
    with pytest.raises(Stale):
        services.pause_system(system=system, version=1, actor=ACTOR)
    system = services.pause_system(system=system, version=2, actor=ACTOR)
    assert system.state == SystemState.PAUSED
    with pytest.raises(Conflict):
        services.request_scan(system=system, actor=ACTOR)
    with pytest.raises(Conflict):
        services.pause_system(system=system, version=3, actor=ACTOR)
    system = services.resume_system(system=system, version=3, actor=ACTOR)
    assert system.state == SystemState.ACTIVE
    entry = Entry.objects.get(action="catalog.change_system")
    assert (entry.content["before"]["sampling"], entry.content["after"]["sampling"]) == (
        False,
        True,
    )
