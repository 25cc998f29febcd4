"""Sakila, which nobody here designed: one person gets the customers of Europe, and nothing more."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from apps.access.models import Grant
from apps.access.routes import Asked
from apps.access.services.grants import end_grant
from apps.access.services.purposes import add_purpose
from apps.access.services.requests import submit_request
from apps.approvals.selectors import approval_of
from apps.approvals.services import decide
from apps.catalog import connections
from apps.catalog import services as catalog
from apps.catalog.models import Bypass, Dataset, System, Tagging
from apps.enforcement.models import Sync
from apps.enforcement.selectors import State, status_of
from apps.enforcement.services import ask_again, reconcile
from apps.findings.models import Finding
from apps.identity.models import User
from apps.policies.services import Proposal, propose_policy
from apps.semantics.codec import decode_filter
from tests import people
from tests.flows import sakila
from tests.flows.sakila import EUROPE, PASSWORD
from tests.policies.conftest import EVERYONE, OWNER_STAGE, request_terms
from tests.servers import WarehouseDatabase

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not sakila.FOLDER.is_dir(), reason=sakila.MISSING),
]

CUSTOMERS = "SELECT customer_id, first_name, email FROM customer"
PAYMENTS = "SELECT payment_id, customer_id, amount FROM payment"
OVER_CUSTOMER = "SELECT id, name FROM public.customer_list"


def hop(column: str, dataset: str) -> dict[str, object]:
    """One foreign key of Sakila, whose columns have the same name at both ends."""
    return {"columns": [column], "to_dataset": f"public.{dataset}", "to_columns": [column]}


def in_europe(*first: dict[str, object]) -> dict[str, object]:
    """Whose customer lives in a European country, three foreign keys behind the customer."""
    path = [
        *first,
        hop("address_id", "address"),
        hop("city_id", "city"),
        hop("country_id", "country"),
    ]
    where = {"kind": "in", "column": "country", "values": list(EUROPE)}
    return {"kind": "exists", "path": path, "where": where}


LIVES = (
    " FROM public.customer c JOIN public.address a ON a.address_id = c.address_id"
    " JOIN public.city i ON i.city_id = a.city_id JOIN public.country o"
    " ON o.country_id = i.country_id"
)


@dataclass
class Shop:
    """The connected database, its catalog rows and the people of the story."""

    db: WarehouseDatabase
    system: System
    steward: User
    owner: User
    anna: User

    def dataset(self, name: str) -> Dataset:
        """One of its tables, as it is now."""
        return self.system.datasets.get(schema="public", name=name)

    def look_again(self) -> Sync:
        """Scan and reconcile, as beat would."""
        catalog.scan_system(system=self.system, at=timezone.now(), actor=people.TESTS)
        self.system.refresh_from_db()
        return reconcile(system=self.system, at=timezone.now(), actor=people.TESTS)

    def enact(self, key: str, kind: str, definition: dict[str, object]) -> None:
        """Propose a policy as one steward, approve it as another."""
        proposer, reviewer = (people.person(f"{key} {n}", "steward") for n in (1, 2))
        version = propose_policy(
            key=key,
            proposal=Proposal(name=key, kind=kind, definition=definition),
            reason="Needed.",
            at=timezone.now(),
            actor=proposer,
        )
        self.approve(version.approval, reviewer)

    def approve(self, uuid: object, reviewer: User) -> None:
        """Say yes."""
        approval = approval_of(uuid)  # type: ignore[arg-type]
        decide(
            approval=approval,
            answer="approve",
            note="Yes.",
            terms={},
            version=approval.version,
            at=timezone.now(),
            actor=people.fresh(reviewer),
        )

    def classify(self, name: str) -> None:
        """Let the detectors propose, confirm what they say, and call the rest harmless."""
        dataset = self.dataset(name)
        catalog.assign_owner(
            dataset=dataset, owner=self.owner, version=dataset.version, actor=people.TESTS
        )
        catalog.propose_tags(dataset=self.dataset(name), actor=people.TESTS)
        for tagging in Tagging.objects.filter(field__dataset=dataset, state="proposed"):
            catalog.decide_tagging(
                tagging=tagging,
                confirm=True,
                version=tagging.version,
                at=timezone.now(),
                actor=self.steward,
            )
        catalog.settle_rest(dataset=self.dataset(name), at=timezone.now(), actor=self.steward)


@pytest.fixture
def shop(warehouse_db: WarehouseDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Sakila, connected with whatever rights the product itself asks for."""
    sakila.load(warehouse_db)
    monkeypatch.setattr(settings, "CONNECTABLE_NETWORKS", ["127.0.0.0/8"])
    monkeypatch.setattr(settings, "SYSTEM_SECRETS_FOLDER", tmp_path)
    monkeypatch.setattr("apps.jobs.services.queue.wake", lambda: None)
    (tmp_path / "login").write_text(PASSWORD)
    (tmp_path / "key").write_text("k" * 43)
    secrets = {
        name: {"user": f"seneschal_{name}", "secret": f"file:{tmp_path / 'login'}"}
        for name in ("scan", "apply", "probe")
    }
    system = catalog.connect_system(
        key="sakila",
        name="Sakila",
        sampling=True,
        address={
            "host": "127.0.0.1",
            "port": warehouse_db.cluster.port,
            "dbname": warehouse_db.name,
        },
        secrets={**secrets, "mask_key": f"file:{tmp_path / 'key'}"},
        actor=people.TESTS,
    )
    give_what_is_asked_for(warehouse_db, system)
    catalog.scan_system(system=system, at=timezone.now(), actor=people.TESTS)
    system.refresh_from_db()
    steward, owner, anna = (
        people.person(name, role)
        for name, role in (("Sara", "steward"), ("Olga", "owner"), ("Anna", "member"))
    )
    catalog.map_account(system=system, user=anna, role="anna", actor=people.TESTS)
    return Shop(warehouse_db, system, steward, owner, anna)


def give_what_is_asked_for(db: WarehouseDatabase, system: System) -> None:
    """Run, as the superuser, exactly the SQL that the connection's page shows for what we lack."""
    scanner = connections.scanner(system)
    lacking = [right for right in scanner.rights() if not right.held]
    assert any("path" in right.needed_for for right in lacking), "the database's owner is needed"
    sakila.run(db, (right.remedy for right in lacking))
    assert not [right for right in scanner.rights() if not right.held]


def asked_for(shop: Shop) -> list[Grant]:
    """Anna asks for the customers of Europe and their payments; the owner says yes."""
    for name in ("customer", "payment"):
        shop.classify(name)
    assert Tagging.objects.filter(
        field__dataset=shop.dataset("customer"),
        field__name="email",
        tag__key="pii.email",
        state="confirmed",
    ).exists()
    shop.enact(
        "first-letter",
        "mask",
        {
            "subjects": EVERYONE,
            "resource": {"tags": {"tag": "pii.email"}, "level": "column"},
            "mask": {"function": "partial", "first": 1, "last": 0},
        },
    )
    about = [{"dataset": f"sakila/public.{name}"} for name in ("customer", "payment")]
    shop.enact("ask", "request", request_terms(resource={"datasets": about}, stages=[OWNER_STAGE]))
    now = timezone.now()
    request = submit_request(
        requester=shop.anna,
        beneficiary=shop.anna,
        purpose=add_purpose(key="service", name="Service", description="", actor=people.TESTS),
        justification="I serve our European customers.",
        items=[
            Asked(
                shop.dataset("customer"),
                frozenset({"customer_id", "first_name", "email"}),
                decode_filter(in_europe()),
            ),
            Asked(
                shop.dataset("payment"),
                frozenset({"payment_id", "customer_id", "amount"}),
                decode_filter(in_europe(hop("customer_id", "customer"))),
            ),
        ],
        until=now + timedelta(days=10),
        at=now,
        actor=shop.anna,
    )
    shop.approve(request.approval, shop.owner)
    return list(Grant.objects.filter(request=request).order_by("id"))


def open_to_anna(shop: Shop) -> list[str]:
    """What of Sakila itself, table, child or view, answers Anna."""
    return [
        name
        for name in sakila.relations(shop.db)
        if not sakila.refusal(shop.db, "anna", f"SELECT * FROM {name}")
    ]


def sees_exactly_europe(shop: Shop) -> None:
    """What Anna's login returns is what independent SQL finds in the raw tables."""
    europe = list(EUROPE)
    customers = sakila.raw(
        shop.db,
        "SELECT c.customer_id, c.first_name, left(c.email, 1) || repeat('*', 3)"
        f"{LIVES} WHERE o.country = ANY (%s)",
        europe,
    )
    payments = sakila.raw(
        shop.db,
        f"SELECT p.payment_id, p.customer_id, p.amount{LIVES}"
        " JOIN public.payment p ON p.customer_id = c.customer_id WHERE o.country = ANY (%s)",
        europe,
    )
    total = sakila.raw(shop.db, "SELECT (SELECT count(*) FROM public.customer), count(*)"
                                " FROM public.payment")[0]  # fmt: skip
    assert 0 < len(customers) < total[0]  # type: ignore[operator]
    assert 0 < len(payments) < total[1]  # type: ignore[operator]
    assert sakila.as_login(shop.db, "anna", CUSTOMERS) == customers
    assert sakila.as_login(shop.db, "anna", PAYMENTS) == payments


def test_anna_gets_the_customers_of_europe_masked_and_nothing_else(shop: Shop) -> None:
    assert set(EUROPE) < sakila.countries(shop.db)
    assert len(sakila.relations(shop.db)) > 20
    assert open_to_anna(shop) == []
    for query in (CUSTOMERS, PAYMENTS):
        assert sakila.refusal(shop.db, "anna", query) == "42501"

    grants = asked_for(shop)
    sync = shop.look_again()
    assert sync.outcome == Sync.Outcome.APPLIED, sync.reason
    assert_all(grants, State.IN_FORCE)
    sees_exactly_europe(shop)
    assert open_to_anna(shop) == []
    assert sakila.refusal(shop.db, "anna", "SELECT last_name FROM customer") in ("42703", "42501")
    assert sakila.refusal(shop.db, "bert", CUSTOMERS) == "42501"

    for grant in grants:
        end_grant(grant=grant, reason=Grant.EndReason.REVOKED, at=timezone.now(), actor=shop.owner)
    shop.look_again()
    assert_all(grants, State.GONE)
    for query in (CUSTOMERS, PAYMENTS):
        assert sakila.refusal(shop.db, "anna", query) == "42501"
    assert open_to_anna(shop) == []
    assert shop.look_again().outcome == Sync.Outcome.NOOP


def states(grants: list[Grant]) -> set[State]:
    """Where the grants stand."""
    return {status_of(grant.ref).state for grant in grants}


def ask_all(grants: list[Grant]) -> None:
    """Press the button that asks the live system again."""
    for grant in grants:
        ask_again(owner=grant.ref, at=timezone.now(), actor=people.TESTS)


def assert_all(grants: list[Grant], state: State) -> None:
    """Both stand so, and the live system said it."""
    for grant in grants:
        status = status_of(grant.ref)
        assert status.state == state, status.reasons
        assert status.proven


@pytest.mark.heavy
def test_every_view_and_child_over_the_data_is_found_with_who_gains(shop: Shop) -> None:
    asked_for(shop)
    shop.look_again()
    ways = {
        (way.dataset.name, way.through): set(way.principals)
        for way in Bypass.objects.exclude(dataset=None).select_related("dataset")
        if way.dataset
    }
    children = {("payment", f"public.payment_p2007_0{month}") for month in range(1, 7)}
    assert children <= ways.keys()
    assert ways["customer", "public.customer_list"] == set()
    assert ways["customer", "public.rewards_report(integer,numeric)"] == {"PUBLIC"}
    assert {"public.sales_by_store", "public.sales_by_film_category"} <= {
        through for name, through in ways if name == "payment"
    }
    assert sakila.as_login(shop.db, "anna", "SELECT count(*) FROM public.rewards_report(7, 20)")
    told = Finding.objects.get(kind="enforcement.bypass", state="open", title__contains="dynamic")
    assert "PUBLIC" in told.text


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("opened", "answers"),
    [
        ("public.customer_list", OVER_CUSTOMER),
        ("public.payment_p2007_03", "SELECT amount FROM public.payment_p2007_03"),
    ],
)
def test_a_view_or_child_opened_by_hand_is_told_and_the_grant_is_no_longer_in_force(
    shop: Shop, opened: str, answers: str
) -> None:
    grants = asked_for(shop)
    assert shop.look_again().outcome == Sync.Outcome.APPLIED
    sakila.run(shop.db, [f"GRANT SELECT ON {opened} TO anna"])
    assert sakila.as_login(shop.db, "anna", answers)
    shop.look_again()
    ask_all(grants)
    told = Finding.objects.filter(kind="enforcement.bypass", state="open")
    gaining = {f.evidence["through"]: f.evidence["principals"] for f in told}
    assert gaining[opened] == ["anna"]
    assert State.DRIFTED in states(grants) or State.REFUSED in states(grants)
    sakila.run(shop.db, [f"REVOKE SELECT ON {opened} FROM anna"])
    shop.look_again()
    told = Finding.objects.filter(kind="enforcement.bypass", state="open")
    assert not any("anna" in f.evidence["principals"] for f in told)
    ask_all(grants)
    assert_all(grants, State.IN_FORCE)
    sees_exactly_europe(shop)
