"""What the rest of the product reads of the catalog."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog import selectors, services
from apps.catalog.models import Account, Dataset, Field, System, Tag, Tagging, TagState
from apps.connectors.contracts import Membership
from apps.core.actors import SystemActor
from apps.identity.models import Domain, RoleAssignment, User
from apps.identity.permissions import Role
from apps.semantics.rules import Column, Shape
from tests.servers import WarehouseDatabase

ACTOR = SystemActor("test")
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
WORLD = """
CREATE ROLE reader NOLOGIN; CREATE ROLE alice LOGIN; GRANT reader TO alice;
CREATE SCHEMA s;
CREATE TABLE s.people (id int PRIMARY KEY, email text, note text);
CREATE TABLE s.child () INHERITS (s.people);
CREATE VIEW s.emails AS SELECT email FROM s.people;
"""


@pytest.fixture
def system(warehouse_db: WarehouseDatabase, connected: Callable[..., System]) -> System:
    with warehouse_db.connect() as admin:
        admin.execute(WORLD)
    system = connected()
    services.scan_system(system=system, at=AT, actor=ACTOR)
    system.refresh_from_db()
    return system


def tag(column: str, key: str, rank: int, state: str = TagState.CONFIRMED) -> Tag:
    made, _ = Tag.objects.get_or_create(key=key, defaults={"name": key, "rank": rank})
    field = Field.objects.get(dataset__name="people", name=column)
    decided = None if state == TagState.PROPOSED else AT
    Tagging.objects.create(field=field, tag=made, state=state, decided_at=decided)
    return made


def test_a_shape_tells_which_columns_are_classified(system: System) -> None:
    tag("id", "t.none", 0)
    tag("email", "t.email", 20, TagState.PROPOSED)
    people = Dataset.objects.get(name="people")
    assert selectors.shape_of(people) == Shape(
        dataset="s.people",
        columns=(
            Column("id", "integer", nullable=False, classified=True),
            Column("email", "text", classified=False),
            Column("note", "text", classified=False),
        ),
        primary_key=("id",),
        kind="table",
    )


def test_the_inventory_is_whole_in_a_constant_number_of_reads(
    system: System, warehouse_db: WarehouseDatabase
) -> None:
    with CaptureQueriesContext(connection) as before:
        inventory = selectors.inventory(system)
    assert set(inventory.shapes) == {"s.people", "s.child", "s.emails"}
    assert inventory.shapes["s.people"] == selectors.shape_of(Dataset.objects.get(name="people"))
    assert inventory.roles["alice"].member_of == (Membership("reader", True, True, False),)
    assert inventory.bypasses == {"s.people": ("s.child", "s.emails")}
    assert inventory.version.startswith(str(warehouse_db.major))
    with warehouse_db.connect() as admin:
        for number in range(5):
            admin.execute(f"CREATE TABLE s.more_{number} (id int)")
    services.scan_system(system=system, at=AT, actor=ACTOR)
    with CaptureQueriesContext(connection) as after:
        assert len(selectors.inventory(system).shapes) == 8
    assert len(after) == len(before)


def test_the_inventory_about_one_table_holds_what_bears_on_it_and_no_more(
    system: System, warehouse_db: WarehouseDatabase
) -> None:
    with warehouse_db.connect() as admin:
        admin.execute("CREATE SCHEMA other; CREATE TABLE other.people (id int)")
        admin.execute("CREATE TABLE s.stranger (id int); GRANT SELECT ON s.stranger TO PUBLIC")
    services.scan_system(system=system, at=AT, actor=ACTOR)
    whole = selectors.inventory(system)
    narrow = selectors.inventory(system, ["s.people"])
    assert set(narrow.shapes) == {"s.people", "other.people", "s.child", "s.emails"}
    assert set(whole.shapes) - set(narrow.shapes) == {"s.stranger"}
    assert "s.stranger" in whole.privileges
    for part in ("shapes", "privileges", "owners", "bypasses"):
        held = getattr(narrow, part)
        assert held == {name: getattr(whole, part)[name] for name in held}
    assert narrow.roles == whole.roles


def test_what_has_vanished_is_in_no_inventory(
    system: System, warehouse_db: WarehouseDatabase
) -> None:
    with warehouse_db.connect() as admin:
        admin.execute("DROP VIEW s.emails; ALTER TABLE s.people DROP note")
    services.scan_system(system=system, at=AT, actor=ACTOR)
    inventory = selectors.inventory(system)
    assert set(inventory.shapes) == {"s.people", "s.child"}
    assert [column.name for column in inventory.shapes["s.people"].columns] == ["id", "email"]


def test_tags_are_those_that_a_person_confirmed_strictest_first(system: System) -> None:
    low, high = tag("email", "t.low", 10), tag("email", "t.high", 30)
    tag("note", "t.rejected", 30, TagState.REJECTED)
    people = Dataset.objects.get(name="people")
    assert selectors.tags_of(people) == {"email": [high, low]}
    assert selectors.strictest_tag(people, ["id", "email"]) == high
    assert selectors.strictest_tag(people, None) == high
    assert selectors.strictest_tag(people, ["note"]) is None
    whole = Tag.objects.create(key="t.whole", name="Whole", rank=20)
    Tagging.objects.create(dataset=people, tag=whole, state=TagState.CONFIRMED, decided_at=AT)
    assert selectors.strictest_tag(people, ["note"]) == whole


def test_an_account_is_what_somebody_stated_and_nothing_else(system: System) -> None:
    user = User.objects.create(email="alice@example.org", name="alice")
    assert selectors.account_of(user, system) is None
    account = Account.objects.create(system=system, user=user, role="alice")
    assert selectors.account_of(user, system) == account


def test_a_role_in_one_domain_shows_that_domain_alone(system: System) -> None:
    sales = Domain.objects.create(key="sales", name="Sales")
    Dataset.objects.filter(name="people").update(domain=sales)
    user = User.objects.create(email="m@example.org", name="M")
    assert not selectors.visible_datasets(user).exists()
    RoleAssignment.objects.create(user=user, role=Role.MEMBER, domain=sales)
    del user._held_roles
    assert [one.name for one in selectors.visible_datasets(user)] == ["people"]
    RoleAssignment.objects.create(user=user, role=Role.MEMBER)
    del user._held_roles
    assert selectors.visible_datasets(user).count() == 3
