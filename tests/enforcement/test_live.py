"""The whole loop on a live PostgreSQL: declared, enforced, proven, tampered with, withdrawn."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.approvals.models import Approval
from apps.approvals.services import decide
from apps.catalog import selectors as catalog
from apps.catalog.models import Dataset
from apps.core.errors import Refused, Stale
from apps.enforcement import services
from apps.enforcement.models import Drift, Enforcement, Proof, Sync, TakeOver
from apps.enforcement.selectors import State, preview_plan, status_of
from apps.findings.models import Finding
from apps.identity.permissions import Role
from apps.semantics.filters import Compare, Exists, Hop, Operator
from apps.semantics.masks import REDACT
from apps.semantics.rules import Effect, Rule
from tests.connectors.postgresql.estate import EU
from tests.enforcement.live import ACTOR, LOGIN, Warehouse, open_warehouse
from tests.people import person
from tests.servers import WarehouseDatabase, sized

pytestmark = pytest.mark.django_db

Outcome = Sync.Outcome


@pytest.fixture
def house(warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch, db: None) -> Warehouse:
    return open_warehouse(warehouse_db, monkeypatch)


def test_a_grant_is_enforced_proven_and_proven_gone(house: Warehouse) -> None:
    estate = house.estate
    assert estate.refuses("alice", "SELECT id FROM sales.orders") == "42501"
    house.grant(1, "alice", ["id", "region"], EU)
    sync = house.reconcile()
    assert sync.outcome == Outcome.APPLIED, sync.reason
    status = status_of("grant:G-1")
    assert status.state == State.IN_FORCE, status.reasons
    assert len(estate.rows_as("alice", "SELECT id, region FROM sales.orders")) == 10
    assert estate.refuses("alice", "SELECT email FROM sales.orders") == "42501"
    assert house.reconcile().outcome == Outcome.NOOP
    house.withdraw(1)
    assert house.reconcile().outcome == Outcome.APPLIED
    assert status_of("grant:G-1").state == State.GONE
    assert estate.refuses("alice", "SELECT id FROM sales.orders") == "42501"


def test_evidence_holds_the_answers_and_no_value(house: Warehouse) -> None:
    house.grant(1, "alice", ["id", "email"], EU, masks={"email": REDACT})
    sync = house.reconcile()
    assert sync.outcome == Outcome.APPLIED, sync.reason
    proof = Proof.objects.get()
    assert proof.agrees, [check for check in proof.checks if not check["agrees"]]
    body = bytes(proof.evidence.body).decode()
    assert json.loads(body)["decision"]["masked"]
    assert "example.org" not in body
    assert "person" not in body


def test_changes_by_hand_through_psql_are_put_right_and_told(house: Warehouse) -> None:
    house.grant(1, "alice", ["id"], EU)
    house.reconcile()
    house.estate.sql("ALTER TABLE sales.orders DISABLE ROW LEVEL SECURITY")
    house.estate.sql("ALTER POLICY gov_row ON sales.orders USING (true)")
    assert len(house.estate.rows_as("alice", "SELECT id FROM sales.orders")) == 40
    sync = house.reconcile()
    assert sync.outcome == Outcome.APPLIED, sync.reason
    assert len(house.estate.rows_as("alice", "SELECT id FROM sales.orders")) == 10
    drift = Drift.objects.get()
    assert (drift.kind, drift.dataset) == ("altered", "sales.orders")
    assert drift.righted_at is not None
    assert not Finding.objects.get(kind="enforcement.drift").is_open
    assert status_of("grant:G-1").state == State.IN_FORCE


def test_a_role_made_superuser_by_hand_is_refused_and_told(house: Warehouse) -> None:
    house.grant(1, "alice", ["id"], EU)
    house.grant(2, "bob", ["id"], EU)
    house.reconcile()
    house.estate.sql("ALTER ROLE alice SUPERUSER")
    (proof,) = services.ask_again(
        owner="grant:G-1", at=Proof.objects.all()[0].asked_at, actor=ACTOR
    )
    assert not proof.agrees
    assert status_of("grant:G-1").state == State.DRIFTED
    house.scan()
    house.reconcile()
    status = status_of("grant:G-1")
    assert status.state == State.REFUSED
    assert "superuser" in " ".join(status.reasons)
    assert status_of("grant:G-2").state == State.IN_FORCE


def test_a_warehouse_that_is_away_changes_nothing_and_comes_back(house: Warehouse) -> None:
    house.grant(1, "alice", ["id"], EU)
    port = house.system.address["port"]
    house.system.address["port"] = 1
    assert house.reconcile().outcome == Outcome.UNREACHABLE
    assert status_of("grant:G-1").state == State.PENDING
    house.system.address["port"] = port
    assert house.reconcile().outcome == Outcome.APPLIED
    assert status_of("grant:G-1").state == State.IN_FORCE


def test_a_secret_that_is_not_there_is_told_and_changes_nothing(
    house: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.grant(1, "alice", ["id"], EU)
    monkeypatch.delenv(LOGIN)
    sync = house.reconcile()
    assert sync.outcome == Outcome.REFUSED
    assert LOGIN in sync.reason
    assert Finding.objects.get(kind="enforcement.trouble").is_open


def test_a_connection_is_tried_for_its_rights(house: Warehouse) -> None:
    rights = services.try_connection(system=house.system, at=house.system.created_at, actor=ACTOR)
    assert any(right.held for right in rights)


def test_the_rights_that_we_hold_are_asked_for_once_a_day(house: Warehouse) -> None:
    asked = timezone.now()
    for minutes in (0, 1, 60):
        at = asked + timedelta(minutes=minutes)
        services.keep_trying(system=house.system, at=at, actor=ACTOR)
        assert Enforcement.objects.get().tested_at == asked
    services.keep_trying(system=house.system, at=asked + timedelta(days=1), actor=ACTOR)
    assert Enforcement.objects.get().tested_at == asked + timedelta(days=1)


def test_a_table_is_taken_over_and_given_back_exactly(house: Warehouse) -> None:
    house.estate.sql("GRANT USAGE ON SCHEMA sales TO carol")
    house.estate.sql("SET ROLE loader; GRANT SELECT ON sales.orders TO carol; RESET ROLE")
    house.grant(1, "alice", ["id", "email"], masks={"email": REDACT})
    house.reconcile()
    finding = Finding.objects.get(kind="enforcement.foreign")
    assert finding.evidence["principals"] == ["carol"]
    operator, owner = person("Olga", Role.OPERATOR), person("Owen", Role.OWNER)
    dataset = Dataset.objects.get(name="orders")
    take_over = services.propose_take_over(
        dataset=dataset, adopt=True, at=timezone.now(), actor=operator
    )
    approval = Approval.objects.get(uuid=take_over.approval)
    decide(
        approval=approval,
        answer="approve",
        note="",
        terms={},
        version=approval.version,
        at=timezone.now(),
        actor=owner,
    )
    services.carry_out(take_over=take_over, actor=ACTOR)
    assert house.estate.refuses("carol", "SELECT id FROM sales.orders") == "42501"
    house.reconcile()
    assert status_of(take_over.ref).state == State.IN_FORCE, status_of(take_over.ref).reasons
    assert len(house.estate.rows_as("carol", "SELECT id, note FROM orders")) == 40
    assert not Finding.objects.get(kind="enforcement.foreign").is_open
    services.undo_take_over(take_over=take_over, actor=ACTOR)
    services.carry_out(take_over=take_over, actor=ACTOR)
    house.reconcile()
    assert len(house.estate.rows_as("carol", "SELECT id, note FROM sales.orders")) == 40


def agree(take_over: TakeOver) -> None:
    """Have another owner approve what was proposed."""
    approval = Approval.objects.get(uuid=take_over.approval)
    decide(
        approval=approval,
        answer="approve",
        note="Yes.",
        terms={},
        version=approval.version,
        at=timezone.now(),
        actor=person(f"Owner {approval.pk}", Role.OWNER),
    )


def test_what_else_others_made_is_told_and_a_plan_over_it_goes_stale(
    house: Warehouse,
) -> None:
    estate, system = house.estate, house.system
    estate.sql("SET ROLE loader; GRANT SELECT, UPDATE ON sales.orders TO bob")
    house.scan()
    house.grant(1, "alice", ["id"])
    house.reconcile()
    beside = Finding.objects.filter(kind="enforcement.beside", state="open")
    assert [found.evidence for found in beside] == [
        {"dataset": "sales.orders", "what": "UPDATE of bob", "principals": ["bob"]}
    ]
    operator = person("Olga", Role.OPERATOR)
    dataset = system.datasets.get(name="orders")
    take_over = services.propose_take_over(dataset=dataset, at=timezone.now(), actor=operator)
    shown = Approval.objects.get(uuid=take_over.approval).context["beside"]
    assert [(each["kind"], each["principals"]) for each in shown] == [("writing", ["bob"])]
    estate.sql("""SET ROLE loader; CREATE POLICY own ON sales.orders USING (region = 'EU')""")
    with pytest.raises(Stale):
        agree(take_over)
    house.reconcile()
    policy = beside.get(title__contains="row policy own")
    assert "alice" in policy.evidence["principals"]
    estate.sql("DROP POLICY own ON sales.orders; REVOKE UPDATE ON sales.orders FROM bob")
    house.reconcile()
    assert not beside.all().exists()


def test_a_preview_from_what_bears_on_a_table_is_that_from_everything(
    house: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.estate.sql("""SET ROLE loader; CREATE TABLE sales.regions (region text PRIMARY KEY);
        ALTER TABLE sales.regions ADD world text; RESET ROLE;
        CREATE SCHEMA attic; CREATE TABLE attic.orders (id int);
        CREATE TABLE sales.old () INHERITS (sales.orders); GRANT SELECT ON sales.old TO carol""")
    house.scan()
    hop = Hop(("region",), "sales.regions", ("region",))
    north = Exists((hop,), Compare("world", Operator.EQ, "north"))
    house.grant(1, "bob", ["id"], EU)
    coming = Rule(
        key="G-2",
        origin="grant:G-2",
        effect=Effect.GRANT,
        dataset="sales.orders",
        principals=frozenset({"alice"}),
        filter=north,
        masks=(("email", REDACT),),
    )
    narrow = preview_plan(house.system, extra=[coming], at=timezone.now())
    for_carol = replace(coming, principals=frozenset({"carol"}))
    with pytest.raises(Refused, match=r"sales\.old directly"):
        preview_plan(house.system, extra=[for_carol], at=timezone.now())
    everything = catalog.inventory
    monkeypatch.setattr(catalog, "inventory", lambda system, about=None: everything(system))
    whole = preview_plan(house.system, extra=[coming], at=timezone.now())
    assert narrow.as_json() == whole.as_json()
    assert "attic" not in str(narrow.as_json())


def test_a_pass_with_nothing_to_do_writes_nothing_in_the_database(house: Warehouse) -> None:
    house.grant(1, "alice", ["id", "email"], EU, masks={"email": REDACT})
    house.grant(2, "bob", ["id"], EU)
    house.reconcile()
    assert house.reconcile().outcome == Outcome.NOOP
    next_write = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
    before = house.estate.sql(next_write)
    for _ in range(sized(3, 100)):
        assert house.reconcile().outcome == Outcome.NOOP
    assert house.estate.sql(next_write) == before
