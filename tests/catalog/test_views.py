"""The pages of the catalog show what is known, take decisions, and refuse who may not decide."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from apps.catalog import services
from apps.catalog.models import Dataset, Field, System, Tag, Tagging, TagState
from apps.core.actors import SystemActor
from apps.identity.permissions import Role
from tests import people
from tests.servers import WarehouseDatabase

ACTOR = SystemActor("test")
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
WORLD = """
CREATE ROLE reader NOLOGIN; CREATE ROLE alice LOGIN; GRANT reader TO alice;
CREATE SCHEMA sales;
CREATE TABLE sales.customers (id int PRIMARY KEY, email text, plain text);
CREATE TABLE sales.orders (id int, customer int REFERENCES sales.customers);
CREATE VIEW sales.emails AS SELECT email FROM sales.customers;
GRANT SELECT ON sales.customers, sales.emails TO reader;
"""


@pytest.fixture
def system(warehouse_db: WarehouseDatabase, connected: Callable[..., System]) -> System:
    with warehouse_db.connect() as admin:
        admin.execute(WORLD)
    system = connected()
    services.scan_system(system=system, at=AT, actor=ACTOR)
    for dataset in Dataset.objects.select_related("system"):
        services.propose_tags(dataset=dataset, actor=ACTOR)
    return system


def browser(*roles: Role) -> Client:
    client = Client()
    client.force_login(people.person("", *roles))
    return client


@pytest.fixture
def client(system: System) -> Client:
    return browser(Role.STEWARD)


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def customers() -> Dataset:
    return Dataset.objects.get(name="customers")


def test_datasets_are_listed_and_filtered_by_the_address(client: Client) -> None:
    shown = text(client, "/data")
    assert all(name in shown for name in ("sales.customers", "sales.orders", "sales.emails"))
    assert "sales.orders" not in text(client, "/data?q=custom")
    assert "sales.customers" not in text(client, "/data?kind=view")
    assert "sales.customers" in text(client, "/data?tag=pii.email&system=warehouse")
    assert "No data assets match these filters" in text(client, "/data?q=nothing")


def test_an_empty_catalog_says_what_comes_next(db: None) -> None:
    assert "Nothing has been scanned yet" in text(browser(Role.STEWARD), "/data")


def test_the_number_of_queries_does_not_grow_with_the_list(
    client: Client, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for number in range(30):
        Dataset.objects.create(
            system=System.objects.get(), schema="x", name=f"t{number}", kind="table",
            first_seen_at=AT, last_seen_at=AT,
        )  # fmt: skip
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        client.get("/data")


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("columns", ["Named “email”", "Wait for your decision", "Reject", "Confirm"]),
        ("overview", ["Primary key", "Owner there"]),
        ("access", ["reader", "reads sales.customers with its owner", "security_invoker"]),
        ("history", ["proposed tags"]),
    ],
)
def test_each_tab_shows_what_it_is_about(client: Client, tab: str, words: list[str]) -> None:
    shown = text(client, f"/data/{customers().uuid}?tab={tab}")
    assert all(word in shown for word in words)


def test_a_proposal_is_confirmed_and_the_columns_come_back(client: Client) -> None:
    tagging = Tagging.objects.get(field__dataset=customers(), field__name="email")
    answer = client.post(
        f"/data/tags/{tagging.uuid}/decide",
        {"answer": "confirm", "version": tagging.version},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert "announce" in answer["HX-Trigger"]
    assert 'id="columns"' in answer.content.decode()
    tagging.refresh_from_db()
    assert tagging.state == TagState.CONFIRMED
    again = client.post(f"/data/tags/{tagging.uuid}/decide", {"answer": "confirm", "version": 1})
    assert again.status_code == 412


def test_a_column_is_opened_by_the_address_and_the_next_that_waits_follows(
    client: Client,
) -> None:
    dataset = customers()
    phone = Field.objects.create(dataset=dataset, name="phone", position=10, type="text")
    Field.objects.create(dataset=dataset, name="city", position=11, type="text")
    tag = Tag.objects.get(key="pii.phone")
    Tagging.objects.create(field=phone, tag=tag, detector="phone", confidence=0.9)
    page = f"/data/{dataset.uuid}"
    opened = client.get(page).context["opened"]
    assert (opened.row.field.name, opened.number, opened.of) == ("email", 1, 2)
    assert (opened.before, opened.after) == ("", "phone")
    assert client.get(f"{page}?column=city").context["opened"].row.field.name == "city"
    assert client.get(f"{page}?column=nowhere").context["opened"].row.field.name == "email"
    fax = Field.objects.create(dataset=dataset, name="fax", position=12, type="text")
    Tagging.objects.create(field=fax, tag=tag, detector="phone", confidence=0.9)
    for name, following in (("phone", "fax"), ("fax", "email"), ("email", "")):
        tagging = Tagging.objects.get(field__name=name, field__dataset=dataset)
        decided = client.post(
            f"/data/tags/{tagging.uuid}/decide",
            {"answer": "reject", "version": tagging.version},
        )
        assert decided["Location"] == f"{page}?tab=columns&column={following}"


def test_the_evidence_is_shown_in_figures_and_forms_without_a_value(
    warehouse_db: WarehouseDatabase, connected: Callable[..., System]
) -> None:
    with warehouse_db.connect() as admin:
        admin.execute(WORLD)
        admin.execute(
            "INSERT INTO sales.customers SELECT g, CASE WHEN g % 10 = 0 THEN NULL WHEN g = 1"
            " THEN 'broken' ELSE 'someone' || g || '@posteo.example' END, 'A'"
            " FROM generate_series(1, 200) g"
        )
    system = connected(sampling=True)
    services.scan_system(system=system, at=AT, actor=ACTOR)
    services.propose_tags(dataset=customers(), actor=ACTOR)
    shown = text(browser(Role.STEWARD), f"/data/{customers().uuid}")
    assert "99.4 %" in shown
    assert "180 of 200" in shown
    assert "10 %" in shown
    assert "1 row" in shown
    assert "a9@a.a" in shown
    assert "posteo" not in shown
    assert "broken" not in shown


def test_a_tag_is_set_by_hand_and_the_rest_is_settled(client: Client) -> None:
    field = Field.objects.get(dataset=customers(), name="plain")
    client.post(f"/data/columns/{field.uuid}/tag", {"tag": "pii.name"})
    assert Tagging.objects.get(field=field).state == TagState.CONFIRMED
    client.post(f"/data/{customers().uuid}/settle")
    assert (
        Tagging.objects.get(field__dataset=customers(), field__name="id").tag.key == "public.none"
    )
    assert client.post(f"/data/columns/{field.uuid}/tag", {"tag": "nope"}).status_code == 400


def test_a_member_looks_and_does_not_decide(system: System) -> None:
    member = browser(Role.MEMBER)
    tagging = Tagging.objects.get(field__dataset=customers(), field__name="email")
    assert "Confirm" not in text(member, f"/data/{customers().uuid}")
    for path in (f"tags/{tagging.uuid}/decide", f"{customers().uuid}/settle"):
        assert member.post(f"/data/{path}").status_code == 403
    assert member.post(f"/data/{customers().uuid}/scan").status_code == 403
    assert Client().get("/data").status_code == 302
