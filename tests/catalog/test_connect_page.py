"""A steward connects a PostgreSQL on a page; a secret is referred to and never shown or kept."""

import json
import socket
from collections.abc import Callable

import pytest
import structlog
from django.test import Client
from pytest_django.fixtures import Settings

from apps.audit.models import Entry
from apps.catalog import services
from apps.catalog.models import Account, System
from apps.core.actors import SystemActor
from apps.core.errors import Conflict, Invalid
from apps.identity.permissions import Role
from apps.jobs import services as jobs
from apps.jobs.models import Job
from apps.jobs.runner import drain
from tests import people
from tests.servers import WarehouseDatabase

PAGE = "/connections/new/postgresql"
ACTOR = SystemActor("test")
HTMX = {"HX-Request": "true"}
WORLD = """
CREATE ROLE s_login LOGIN PASSWORD 'right-one';
CREATE ROLE a_login LOGIN PASSWORD 'right-one';
CREATE ROLE loader NOLOGIN;
CREATE SCHEMA sales AUTHORIZATION loader;
SET ROLE loader; CREATE TABLE sales.customers (id int); RESET ROLE;
"""


@pytest.fixture
def form(
    db: None, warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> dict[str, str]:
    settings.CONNECTABLE_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setenv("WAREHOUSE_SCAN", "right-one")
    monkeypatch.setenv("WAREHOUSE_WRONG", "wrong-one")
    with warehouse_db.connect() as admin:
        admin.execute(WORLD)
    return {
        "name": "The warehouse",
        "host": "127.0.0.1",
        "port": str(warehouse_db.cluster.port),
        "dbname": warehouse_db.name,
        "sslmode": "prefer",
        "scan_user": "s_login",
        "scan_secret": "env:WAREHOUSE_SCAN",
        "apply_user": "a_login",
        "apply_secret": "env:WAREHOUSE_SCAN",
    }


@pytest.fixture
def client(db: None) -> Client:
    client = Client()
    client.force_login(people.person("Otto", Role.OPERATOR))
    return client


def shown(client: Client, data: dict[str, str], status: int) -> str:
    answer = client.post(PAGE, data, headers=HTMX)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_it_is_connected_scanned_and_shown_on_its_way(client: Client, form: dict[str, str]) -> None:
    answer = client.post(PAGE, form)
    assert answer.status_code == 302
    assert answer["Location"] == "/connections/the-warehouse/setup"
    system = System.objects.get(key="the-warehouse")
    assert system.secrets["apply"] == {"user": "a_login", "secret": "env:WAREHOUSE_SCAN"}
    assert Job.objects.filter(name="catalog.scan", key=system.key).exists()
    page = client.get(answer["Location"]).content.decode()
    assert 'hx-trigger="load delay:1s"' in page
    assert "right-one" not in page


def test_a_test_shows_the_rights_with_their_sql_and_keeps_nothing(
    client: Client, form: dict[str, str]
) -> None:
    page = shown(client, {**form, "act": "try"}, 200)
    assert "rights are lacking" in page
    assert "GRANT &quot;loader&quot; TO &quot;a_login&quot;;" in page
    assert "ALTER ROLE &quot;a_login&quot; CREATEROLE" in page
    assert not System.objects.exists()
    assert Entry.objects.get(action="catalog.try_address").actor.endswith("otto@example.org")


def test_the_sql_on_the_page_gives_what_is_lacking(
    client: Client, form: dict[str, str], warehouse_db: WarehouseDatabase
) -> None:
    answer = client.post(PAGE, {**form, "act": "try"})
    sql = answer.context["rights"].sql
    with warehouse_db.connect() as admin:
        admin.execute(f"ALTER DATABASE {warehouse_db.name} OWNER TO a_login")
        for statement in sql.split(";\n"):
            if not statement.startswith('GRANT "postgres"'):
                admin.execute(statement)
    again = client.post(PAGE, {**form, "act": "try"})
    assert again.context["rights"].lacking == 0
    assert "Nothing is lacking" in again.content.decode()


@pytest.mark.parametrize("field", ["scan_secret", "apply_secret", "mask_key"])
def test_a_pasted_secret_is_refused_and_is_nowhere_afterwards(
    client: Client, form: dict[str, str], field: str, caplog: pytest.LogCaptureFixture
) -> None:
    with structlog.testing.capture_logs() as logs, caplog.at_level(0):
        page = shown(client, {**form, field: "hunter2-for-real"}, 422)
    assert "never the secret itself" in page
    assert "hunter2" not in page
    assert "hunter2" not in json.dumps(logs, default=str) + caplog.text
    assert not System.objects.exists()
    assert not Entry.objects.filter(action__startswith="catalog.try").exists()


def test_trying_takes_references_alone_whoever_asks(form: dict[str, str]) -> None:
    address = {"host": "127.0.0.1", "port": int(form["port"]), "dbname": form["dbname"]}
    secrets = {"scan": {"user": "s_login", "secret": "hunter2"}}
    with pytest.raises(Invalid) as raised:
        services.try_address(name="W", address=address, secrets=secrets, actor=ACTOR)
    assert "hunter2" not in f"{raised.value} {raised.value.fields}"
    assert not Entry.objects.exists()


def test_an_address_with_a_password_in_it_is_not_shown_again(
    client: Client, form: dict[str, str]
) -> None:
    page = shown(client, {**form, "host": "postgresql://scan:hunter2@db.example.org"}, 422)
    assert "Must be a host name or an IP address." in page
    assert "hunter2" not in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scan_secret": "env:WAREHOUSE_WRONG"}, "The password of s_login is not the one"),
        ({"scan_secret": "env:NOT_SET"}, "The environment variable NOT_SET"),
        ({"dbname": "nowhere"}, "has no database nowhere"),
        ({"port": "1"}, "Nothing listens at 127.0.0.1:1"),
        ({"sslmode": "require"}, "does not speak TLS"),
        ({"host": "name.invalid"}, "Cannot be resolved to an address."),
        ({"host": "10.1.2.3"}, "SENESCHAL_ALLOWED_NETWORKS"),
        ({"scan_user": ""}, "This field is required."),
        ({"port": "70000"}, "less than or equal to 65535"),
        ({"apply_user": "s_login"}, "names one role twice"),
        ({"apply_secret": ""}, "Must be a reference"),
        ({"key": "No Key"}, "lower-case letters"),
        ({"key": "x\x00y"}, "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_and_nothing_is_connected(
    client: Client, form: dict[str, str], change: dict[str, str], words: str
) -> None:
    page = shown(client, {**form, **change}, 422).lower()
    assert words.lower() in page
    assert "right-one" not in page
    assert "wrong-one" not in page
    assert not System.objects.exists()


def test_a_server_that_stays_silent_is_given_up(client: Client, form: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        page = shown(client, {**form, "port": str(silent.getsockname()[1])}, 422)
    assert "did not answer in time" in page


def test_who_operates_one_domain_connects_into_it(form: dict[str, str]) -> None:
    sales, other = people.domain("sales"), people.domain("other")
    client = Client()
    client.force_login(people.person("Olga", Role.OPERATOR, domain=sales))
    assert "This field is required" in shown(client, form, 422)
    assert "Select a valid choice" in shown(client, {**form, "domain": other.key}, 422)
    assert client.post(PAGE, {**form, "domain": "sales"}).status_code == 302
    assert System.objects.get().domain == sales


def test_settings_are_changed_by_version_and_tried_first(
    client: Client, form: dict[str, str]
) -> None:
    client.post(PAGE, form)
    page = "/connections/the-warehouse/settings"
    assert 'value="env:WAREHOUSE_SCAN"' in client.get(page).content.decode()
    tried = client.post(page, {**form, "act": "try", "port": "1"})
    assert tried.status_code == 422
    assert "Nothing listens" in tried.content.decode()
    changed = {**form, "name": "Renamed", "version": "1"}
    assert client.post(page, changed).status_code == 302
    stale = client.post(page, changed)
    assert stale.status_code == 422
    assert "has changed since you looked" in stale.content.decode()
    assert System.objects.get().name == "Renamed"


def test_rights_are_asked_live_and_a_failure_is_a_sentence(
    client: Client, form: dict[str, str]
) -> None:
    client.post(PAGE, form)
    rights = "/connections/the-warehouse/rights"
    assert "sign in as s_login" in client.get(rights).content.decode()
    System.objects.update(address={**System.objects.get().address, "port": 1})
    answer = client.get(rights)
    assert answer.status_code == 200
    assert "Nothing listens" in answer.content.decode()


def test_a_system_is_removed_until_somebody_depends_on_it(
    client: Client, connected: Callable[..., System]
) -> None:
    system = connected()
    stale = client.post(f"/connections/{system.key}/remove", {"version": "7"})
    assert stale.status_code == 412
    assert client.post(f"/connections/{system.key}/remove", {"version": "1"}).status_code == 302
    assert not System.objects.exists()
    assert Entry.objects.get(action="catalog.remove_system").subject == "source:warehouse"


def test_work_that_waited_for_a_removed_system_ends_quietly(
    client: Client, form: dict[str, str]
) -> None:
    client.post(PAGE, form)
    for name in ("catalog.classify", "policies.declare", "enforcement.reconcile"):
        jobs.enqueue(name=name, key="the-warehouse", actor=ACTOR)
    services.remove_system(system=System.objects.get(), version=1, actor=ACTOR)
    drain(seconds=20)
    assert set(Job.objects.values_list("name", "state")) == {
        (name, "done")
        for name in (
            "catalog.scan",
            "catalog.classify",
            "policies.declare",
            "enforcement.reconcile",
        )
    }


def test_a_system_for_which_rules_were_declared_stays(
    connected: Callable[..., System],
) -> None:
    from apps.enforcement.models import Declaration

    system = connected()
    Account.objects.create(system=system, user=people.person(), role="anna")
    Declaration.objects.create(owner="policy:x", system=system, rules=[], generation=1)
    with pytest.raises(Conflict, match="Pause it instead"):
        services.remove_system(system=system, version=1, actor=ACTOR)
    assert System.objects.filter(pk=system.pk).exists()
    assert Account.objects.exists()
