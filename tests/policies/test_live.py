"""Policies on a live PostgreSQL: what is approved is what people who log in are answered."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from apps.approvals.models import Approval
from apps.approvals.services import decide
from apps.catalog.models import Account, Dataset, Field, Tag, Tagging
from apps.core.errors import Refused
from apps.enforcement.models import Sync
from apps.enforcement.selectors import State, status_of
from apps.enforcement.work import RECONCILE
from apps.identity import services as identity
from apps.jobs.models import Job
from apps.policies import tasks
from apps.policies.services import Proposal, declare_system, propose_policy
from tests import people
from tests.enforcement.live import Warehouse, open_warehouse
from tests.policies.conftest import EVERYONE, IN_OWN_REGION, REDACT
from tests.servers import WarehouseDatabase

pytestmark = pytest.mark.django_db

ORDERS = {"datasets": [{"dataset": "warehouse/sales.orders", "columns": ["id", "email", "region"]}]}
EMAILS = {"tags": {"tag": "pii.email"}, "level": "column"}
SALES = {"any_of": [{"kind": "team", "key": "sales"}]}


@pytest.fixture
def house(warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch, db: None) -> Warehouse:
    """A live warehouse in which e-mail is tagged; alice and bob have accounts."""
    house = open_warehouse(warehouse_db, monkeypatch)
    email = Field.objects.get(dataset__name="orders", name="email")
    tag = Tag.objects.get(key="pii.email")
    Tagging.objects.filter(field=email).update(tag=tag)
    members = []
    for name, region in (("alice", "EU"), ("bob", "US")):
        user = people.person(name.capitalize(), "member")
        user.attributes = {"region": region}
        user.save()
        Account.objects.create(system=house.system, user=user, role=name)
        members.append(user)
    people.team("sales", *members)
    return house


def enact(key: str, kind: str, definition: dict[str, Any], **more: Any) -> None:
    """Propose as one steward, approve as another."""
    proposer, reviewer = (people.person(f"{key} {n}", "steward") for n in (1, 2))
    proposal = Proposal(name=key, kind=kind, definition=definition, **more)
    now = timezone.now()
    version = propose_policy(key=key, proposal=proposal, reason="r", at=now, actor=proposer)
    approval = Approval.objects.get(uuid=version.approval)
    decide(
        approval=approval,
        answer="approve",
        note="",
        terms={},
        version=approval.version,
        at=timezone.now(),
        actor=reviewer,
    )


def test_a_standing_grant_under_a_guardrail_is_answered_as_decided(house: Warehouse) -> None:
    enact("hide-email", "mask", {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT},
          tier="guardrail")  # fmt: skip
    enact("own-region", "grant", {"subjects": SALES, "resource": ORDERS, "filter": IN_OWN_REGION})
    sync = house.reconcile()
    assert sync.outcome == Sync.Outcome.APPLIED, sync.reason
    status = status_of("policy:own-region")
    assert status.state == State.IN_FORCE, status.reasons
    for who, region in (("alice", "EU"), ("bob", "US")):
        seen = set(house.estate.rows_as(who, "SELECT region, email FROM orders"))
        assert seen == {(region, "***")}, who


def test_leaving_the_team_takes_it_away_in_the_database(house: Warehouse) -> None:
    enact("sales-reads", "grant", {"subjects": SALES, "resource": ORDERS})
    house.reconcile()
    count = "SELECT count(id) FROM sales.orders"
    assert house.estate.refuses("alice", count) == ""
    alice = Account.objects.get(role="alice").user
    team = alice.teams.get()
    identity.remove_from_team(user=alice, team=team, actor=people.TESTS)
    declare_system(system=house.system, actor=people.TESTS)
    house.reconcile()
    assert house.estate.refuses("alice", count) == "42501"
    assert house.estate.refuses("bob", count) == ""


def test_joining_the_team_gives_it_without_waiting_for_a_sweep(
    house: Warehouse, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    enact("sales-reads", "grant", {"subjects": SALES, "resource": ORDERS})
    alice = Account.objects.get(role="alice").user
    team = alice.teams.get()
    identity.remove_from_team(user=alice, team=team, actor=people.TESTS)
    declare_system(system=house.system, actor=people.TESTS)
    house.reconcile()
    assert house.estate.refuses("alice", "SELECT count(id) FROM sales.orders") == "42501"
    Job.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        identity.add_to_team(user=alice, team=team, at=timezone.now(), actor=people.TESTS)
    assert Job.objects.filter(name=tasks.DECLARE, key="warehouse").exists()
    with django_capture_on_commit_callbacks(execute=True):
        tasks.declare("warehouse", lambda *told: None)
    assert Job.objects.filter(name=RECONCILE, key="warehouse").exists()
    house.reconcile()
    assert house.estate.refuses("alice", "SELECT count(id) FROM sales.orders") == ""


def test_what_postgresql_cannot_express_is_refused_before_anybody_is_asked(
    house: Warehouse,
) -> None:
    house.estate.sql("CREATE MATERIALIZED VIEW sales.copy AS SELECT * FROM sales.orders")
    house.estate.sql("ALTER ROLE alice SUPERUSER")
    house.scan()
    assert Dataset.objects.filter(name="copy").exists()
    with pytest.raises(Refused) as refusal:
        enact("sales-reads", "grant", {"subjects": SALES, "resource": ORDERS})
    assert "alice" in refusal.value.detail
    assert not Approval.objects.exists()
