"""Before deciding, a reviewer sees what else reaches the rows on a live PostgreSQL."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.models import AccessRequest, Purpose
from apps.access.routes import Asked
from apps.access.selectors.beside import Beside, Fate, beside
from apps.access.services.purposes import add_purpose
from apps.access.services.requests import submit_request
from apps.catalog.models import Account, Dataset
from apps.core.errors import Refused
from apps.identity.models import User
from tests import people
from tests.access.test_services import answer
from tests.enforcement.live import Warehouse, open_warehouse
from tests.home.test_inbox_pages import client_of, path_of, text
from tests.policies.conftest import EVERYONE, OWNER_STAGE, known_purposes
from tests.policies.test_live import enact
from tests.servers import WarehouseDatabase

__all__ = ["known_purposes"]

pytestmark = pytest.mark.django_db

BESIDE = """
SET ROLE loader;
CREATE VIEW sales.all_orders AS SELECT * FROM sales.orders;
CREATE VIEW sales.unread AS SELECT id FROM sales.orders;
CREATE VIEW sales.asker WITH (security_invoker = true) AS SELECT id FROM sales.orders;
CREATE TABLE sales.orders_2020 () INHERITS (sales.orders);
GRANT SELECT ON sales.all_orders TO bob;
RESET ROLE;
ALTER ROLE carol BYPASSRLS;
GRANT alice TO bob;
"""


@dataclass
class House:
    """The warehouse, whoever asks in it and the owner who decides."""

    warehouse: Warehouse
    orders: Dataset
    alice: User
    owner: User
    purpose: Purpose

    def ask(self) -> AccessRequest:
        now = timezone.now()
        return submit_request(
            requester=self.alice,
            beneficiary=self.alice,
            items=[Asked(self.orders, frozenset({"id", "region"}))],
            purpose=self.purpose,
            justification="To count.",
            until=now + timedelta(days=20),
            at=now,
            actor=self.alice,
        )

    def all_ways(self) -> tuple[Beside, ...]:
        return beside(self.orders, "alice")

    def ways(self) -> dict[str, Beside]:
        return {way.through: way for way in self.all_ways()}


@pytest.fixture
def house(warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch, db: None) -> House:
    """Orders with views, a child table and powerful roles beside them; alice may ask."""
    warehouse = open_warehouse(warehouse_db, monkeypatch, BESIDE)
    orders = Dataset.objects.get(name="orders")
    owner, alice = people.person("Olga Owner", "owner"), people.person("Alice", "member")
    Dataset.objects.filter(pk=orders.pk).update(owner=owner)
    Account.objects.create(system=warehouse.system, user=alice, role="alice")
    terms = {
        "subjects": EVERYONE,
        "resource": {"datasets": [{"dataset": "warehouse/sales.orders"}]},
        "purposes": None,
        "stages": [OWNER_STAGE],
        "longest_days": 90,
        "decide_within_days": 7,
    }
    enact("ask", "request", terms)
    purpose = add_purpose(key="service", name="Service", description="", actor=people.TESTS)
    return House(warehouse, Dataset.objects.get(pk=orders.pk), alice, owner, purpose)


def test_every_way_to_the_rows_has_its_fate(house: House) -> None:
    ways = house.ways()
    assert (ways["sales.all_orders"].fate, ways["sales.all_orders"].who) == (Fate.OPEN, ("bob",))
    assert ways["sales.unread"].fate is Fate.CLOSED
    assert ways["sales.orders_2020"].fate is Fate.CLOSED
    assert "sales.asker" not in ways, "it asks as its reader, so the rules hold"
    assert (ways["loader"].fate, ways["carol"].who) == (Fate.OPEN, ("carol",))
    assert ways["postgres"].fate is Fate.OPEN
    assert ways["bob"].fate is Fate.SHARED
    assert ways["bob"].text == "bob can act as alice and then reads what alice reads."
    assert not {"sen_probe", "sen_scan", "sen_apply"} & ways.keys()


def test_a_child_with_rules_of_its_own_is_governed_too(house: House) -> None:
    house.warehouse.estate.sql("GRANT SELECT ON sales.orders_2020 TO bob")
    house.warehouse.scan()
    assert house.ways()["sales.orders_2020"].fate is Fate.OPEN
    house.warehouse.grant(7, "bob", dataset="sales.orders_2020")
    assert house.ways()["sales.orders_2020"].fate is Fate.GOVERNED


@pytest.mark.parametrize(
    ("statement", "through"),
    [
        ("GRANT SELECT ON sales.orders_2020 TO alice", "sales.orders_2020"),
        ("GRANT SELECT ON sales.orders_2020 TO PUBLIC", "sales.orders_2020"),
        ("ALTER ROLE alice BYPASSRLS", "alice"),
        ("ALTER ROLE alice SUPERUSER", "alice"),
        ("GRANT loader TO alice", "loader"),
        ("GRANT pg_read_all_data TO alice", "alice"),
    ],
)
def test_what_would_not_hold_the_requester_back_is_refused(
    house: House, statement: str, through: str
) -> None:
    asked = house.ask()
    house.warehouse.estate.sql(statement)
    house.warehouse.scan()
    assert (through, Fate.REFUSED) in [(way.through, way.fate) for way in house.all_ways()]
    page = text(client_of(house.owner), path_of(asked))
    assert "It cannot be approved now" in page
    assert "Refused while it stands" in page
    assert 'value="approve"' not in page
    with pytest.raises(Refused):
        answer(asked, house.owner, at=timezone.now())


def test_the_reviewer_sees_them_and_the_sql_that_will_run(house: House) -> None:
    page = text(client_of(house.owner), path_of(house.ask()))
    assert "What else reaches these rows" in page
    assert "sales.all_orders reads sales.orders with its owner&#x27;s rights" in page
    assert "carol has BYPASSRLS" in page
    statements = [line.split("</td>")[0] for line in page.split('class="s-diff__line">')[1:]]
    assert any(line.startswith("CREATE POLICY") for line in statements), statements
    assert all("\n" not in line for line in statements)
