"""Who answers for data is said on its page, or for several in the list, within one's own reach."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from apps.audit.models import Entry
from apps.catalog import services
from apps.catalog.models import Dataset, System
from apps.core.actors import SystemActor
from apps.core.errors import Conflict, Invalid, Stale
from apps.identity import services as identity
from apps.identity.models import Domain, User
from apps.identity.permissions import Role
from tests import people

ACTOR = SystemActor("test")
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def sales(db: None) -> Domain:
    return people.domain("sales")


@pytest.fixture
def system(sales: Domain) -> System:
    return System.objects.create(key="wh", name="Warehouse", domain=sales)


@pytest.fixture
def orders(system: System, sales: Domain) -> Dataset:
    return dataset(system, "orders", sales)


@pytest.fixture
def ingrid(db: None) -> User:
    return people.person("Ingrid Solberg", Role.OWNER)


def dataset(system: System, name: str, domain: Domain | None = None) -> Dataset:
    return Dataset.objects.create(
        system=system, schema="s", name=name, kind="table", domain=domain,
        first_seen_at=AT, last_seen_at=AT,
    )  # fmt: skip


def steward(domain: Domain | None = None) -> Client:
    client = Client()
    client.force_login(people.person("", Role.STEWARD, domain=domain))
    return client


def test_what_is_so_already_stays_and_the_rest_is_in_the_book(
    orders: Dataset, ingrid: User, sales: Domain
) -> None:
    placed = services.place_dataset(
        dataset=orders, domain=sales, owner=ingrid, steward=ingrid, version=1, actor=ACTOR
    )
    assert (placed.owner, placed.steward, placed.version) == (ingrid, ingrid, 3)
    actions = Entry.objects.filter(subject=orders.ref).values_list("action", flat=True)
    assert set(actions) == {"catalog.assign_owner", "catalog.assign_steward"}
    with pytest.raises(Conflict, match="already"):
        services.place_dataset(
            dataset=placed, domain=sales, owner=ingrid, steward=ingrid, version=3, actor=ACTOR
        )


def test_several_are_placed_together_or_not_at_all(
    system: System, orders: Dataset, ingrid: User
) -> None:
    other = dataset(system, "other")
    with pytest.raises(Stale):
        services.place_datasets(seen=[(orders, 1), (other, 9)], owner=ingrid, actor=ACTOR)
    assert not Dataset.objects.filter(owner=ingrid).exists()
    changed = services.place_datasets(seen=[(orders, 1), (other, 1)], owner=ingrid, actor=ACTOR)
    assert {each.name for each in changed} == {"orders", "other"}
    seen = [(each, each.version) for each in changed]
    with pytest.raises(Conflict):
        services.place_datasets(seen=seen, owner=ingrid, actor=ACTOR)
    with pytest.raises(Invalid, match="Say a domain"):
        services.place_datasets(seen=[(orders, 2)], actor=ACTOR)
    with pytest.raises(Invalid, match="Tick"):
        services.place_datasets(seen=[], owner=ingrid, actor=ACTOR)


def test_the_page_of_a_dataset_asks_and_writes_down(orders: Dataset, ingrid: User) -> None:
    client, page = steward(), f"/data/{orders.uuid}/place"
    assert 'id="place"' in client.get(page, headers=HTMX).content.decode()
    assert "<html" in client.get(page).content.decode()
    said = {"owner": str(ingrid.uuid), "domain": "sales", "version": "1"}
    answer = client.post(page, said, headers=HTMX)
    assert answer["HX-Redirect"] == f"/data/{orders.uuid}?tab=overview"
    assert "Ingrid Solberg" in client.get(answer["HX-Redirect"]).content.decode()
    again = client.post(page, {**said, "owner": ""}, headers=HTMX)
    assert again.status_code == 422
    assert "has changed since you looked" in again.content.decode()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"owner": "nobody"}, "is not a valid UUID"),
        ({"steward": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
        ({"domain": "nowhere"}, "Select a valid choice"),
        ({"version": "x"}, "not said which version"),
        ({"owner": "\x00"}, "Null characters"),
    ],
)
def test_what_there_is_not_is_refused_beside_its_field(
    orders: Dataset, said: dict[str, str], words: str
) -> None:
    data = {"domain": "sales", "version": "1", **said}
    answer = steward().post(f"/data/{orders.uuid}/place", data, headers=HTMX)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_steward_of_one_domain_places_within_it(
    system: System, orders: Dataset, sales: Domain, ingrid: User
) -> None:
    other = dataset(system, "other", people.domain("other"))
    client = steward(sales)
    moved = client.post(f"/data/{orders.uuid}/place", {"domain": "other", "version": "1"})
    assert moved.status_code == 422
    assert client.post(f"/data/{other.uuid}/place", {"version": "1"}).status_code == 404
    ticked = [f"{orders.uuid}~1", f"{other.uuid}~1"]
    said = {"owner": str(ingrid.uuid), "picked": ticked}
    assert client.post("/data/place", said).status_code == 302
    assert list(Dataset.objects.filter(owner=ingrid)) == [orders]


def test_seeing_a_dataset_is_not_looking_after_it(
    system: System, orders: Dataset, sales: Domain, ingrid: User
) -> None:
    other = dataset(system, "other", people.domain("other"))
    user = people.person("Sam", Role.STEWARD, domain=sales)
    identity.assign_role(role=Role.MEMBER, domain=None, to=user, actor=ACTOR)
    client = Client()
    client.force_login(people.fresh(user))
    page = client.get("/data").content.decode()
    assert "s.other" in page
    assert page.count('name="picked"') == 1
    said = {"owner": str(ingrid.uuid), "picked": [f"{orders.uuid}~1", f"{other.uuid}~1"]}
    assert client.post("/data/place", said).status_code == 302
    assert client.post("/data/place", {**said, "which": "all"}).status_code == 422
    assert list(Dataset.objects.filter(owner=ingrid)) == [orders]
    assert client.get(f"/data/{other.uuid}/place").status_code == 403


def test_those_that_were_ticked_or_all_that_the_filters_leave(
    system: System, orders: Dataset, ingrid: User
) -> None:
    client = steward()
    for number in range(3):
        dataset(system, f"invoice_{number}")
    page = client.get("/data?q=invoice&without=owner").content.decode()
    assert page.count('name="picked"') == 3
    assert "s.orders" not in page
    asked = client.get("/data/place?q=invoice", headers=HTMX).content.decode()
    assert 'action="/data/place?q=invoice"' in asked
    assert "All that match the filters" in asked
    refused = client.post("/data/place?q=invoice", {"owner": str(ingrid.uuid)}, headers=HTMX)
    assert refused.status_code == 422
    assert "Tick at least one" in refused.content.decode()
    said = {"owner": str(ingrid.uuid), "steward": str(ingrid.uuid), "which": "all"}
    answer = client.post("/data/place?q=invoice", said, headers=HTMX)
    assert answer["HX-Redirect"] == "/data?q=invoice"
    assert Dataset.objects.filter(owner=ingrid).count() == 3
    assert client.get("/data?without=owner").content.decode().count('name="picked"') == 1
    assert client.post("/data/place", {**said, "picked": "x~y", "which": ""}).status_code == 422


def test_whoever_looks_after_nothing_ticks_nothing(orders: Dataset) -> None:
    member = Client()
    member.force_login(people.person("", Role.MEMBER))
    assert 'name="picked"' not in member.get("/data").content.decode()
    assert member.post("/data/place").status_code == 403
    assert member.get(f"/data/{orders.uuid}/place").status_code == 403
