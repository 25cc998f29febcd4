"""Taking over what others gave: seen before it is approved, and undone exactly."""

import copy
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.approvals.models import Approval
from apps.approvals.services import decide
from apps.audit.models import Entry
from apps.catalog.models import Dataset
from apps.core.errors import Conflict, Forbidden, Refused, Stale, Unavailable
from apps.enforcement import services, tasks
from apps.enforcement.models import TakeOver
from apps.enforcement.selectors import State, status_of
from apps.findings.models import Finding
from apps.identity.models import User
from apps.identity.permissions import Role
from apps.jobs.models import Job
from tests.connectors.double import Faults
from tests.enforcement.conftest import ACTOR, AT, World
from tests.people import client_of, person

READS = {"grantee": "bob", "privilege": "SELECT", "column": ""}


@pytest.fixture
def operator(world: World) -> User:
    world.server.foreign["sales.t0"] = {"dataset": "sales.t0", "readers": {}, "rights": [READS]}
    world.grant(1, "t0", "alice")
    world.reconcile()
    return person("Olga", Role.OPERATOR)


def propose(operator: User, *, adopt: bool = False) -> TakeOver:
    dataset = Dataset.objects.get(name="t0")
    return services.propose_take_over(
        dataset=dataset, adopt=adopt, at=timezone.now(), actor=operator
    )


def answer(take_over: TakeOver, verdict: str = "approve") -> None:
    approval = Approval.objects.get(uuid=take_over.approval)
    owner = person(f"Owner {approval.pk}", Role.OWNER)
    decide(
        approval=approval,
        answer=verdict,
        note="They need it until March.",
        terms={},
        version=approval.version,
        at=timezone.now() + timedelta(seconds=1),
        actor=owner,
    )


def run(take_over: TakeOver) -> TakeOver:
    tasks.take_over(str(take_over.uuid), lambda *_: None)
    take_over.refresh_from_db()
    return take_over


def rights(world: World) -> list[dict[str, str]]:
    return list(world.server.foreign["sales.t0"]["rights"])


def test_who_would_lose_what_is_known_before_anybody_decides(world: World, operator: User) -> None:
    take_over = propose(operator)
    assert take_over.plan["losses"][0]["principal"] == "bob"
    approval = Approval.objects.get(uuid=take_over.approval)
    assert "1 people" in approval.title
    assert approval.context["losses"] == take_over.plan["losses"]
    assert rights(world) == [READS]
    with pytest.raises(Conflict):
        propose(operator)


def test_what_is_approved_is_taken_away_and_given_back_exactly(
    world: World, operator: User
) -> None:
    before = copy.deepcopy(world.server.foreign)
    take_over = propose(operator)
    answer(take_over)
    assert Job.objects.filter(name="enforcement.take_over").count() == 1
    assert run(take_over).state == TakeOver.State.APPLIED
    assert rights(world) == []
    world.reconcile()
    assert not Finding.objects.get(kind="enforcement.foreign").is_open
    with pytest.raises(Stale):
        services.undo_take_over(take_over=take_over, version=1, actor=ACTOR)
    services.undo_take_over(take_over=take_over, version=take_over.version, actor=ACTOR)
    assert run(take_over).state == TakeOver.State.UNDONE
    assert world.server.foreign == before
    world.reconcile()
    assert Finding.objects.get(kind="enforcement.foreign").is_open
    assert Entry.objects.filter(body__contains="move_take_over").count() == 4


def test_what_is_denied_is_left_as_it_was(world: World, operator: User) -> None:
    take_over = propose(operator)
    answer(take_over, "deny")
    take_over.refresh_from_db()
    assert take_over.state == TakeOver.State.DENIED
    assert run(take_over).state == TakeOver.State.DENIED
    assert rights(world) == [READS]
    assert propose(operator).pk != take_over.pk


def test_what_is_adopted_is_declared_and_proven_in_its_place(world: World, operator: User) -> None:
    take_over = propose(operator, adopt=True)
    answer(take_over)
    run(take_over)
    assert rights(world) == []
    world.reconcile()
    assert world.readers("t0") == {"alice", "bob"}
    assert status_of(take_over.ref).state == State.IN_FORCE
    services.undo_take_over(take_over=take_over, actor=ACTOR)
    run(take_over)
    world.reconcile()
    assert world.readers("t0") == {"alice"}
    assert rights(world) == [READS]


def test_nobody_approves_a_plan_that_is_no_longer_true(world: World, operator: User) -> None:
    take_over = propose(operator)
    world.server.foreign["sales.t0"]["rights"].append({**READS, "grantee": "PUBLIC"})
    with pytest.raises(Stale):
        answer(take_over)
    take_over.refresh_from_db()
    assert take_over.state == TakeOver.State.PROPOSED


def test_the_operator_who_proposes_does_not_decide(world: World) -> None:
    world.server.foreign["sales.t0"] = {"dataset": "sales.t0", "readers": {}, "rights": [READS]}
    both = person("Both", Role.OPERATOR, Role.OWNER)
    take_over = propose(both)
    approval = Approval.objects.get(uuid=take_over.approval)
    with pytest.raises(Forbidden):
        decide(
            approval=approval,
            answer="approve",
            note="",
            terms={},
            version=approval.version,
            at=AT,
            actor=both,
        )
    take_over.refresh_from_db()
    assert take_over.state == TakeOver.State.PROPOSED


def test_a_silent_system_is_tried_again_and_a_refusal_is_kept(world: World, operator: User) -> None:
    take_over = propose(operator)
    answer(take_over)
    world.server.faults = Faults(take_overs_unanswered=frozenset({1}))
    with pytest.raises(Unavailable):
        run(take_over)
    assert run(take_over).state == TakeOver.State.APPLIED
    services.undo_take_over(take_over=take_over, actor=ACTOR)
    world.server.faults = Faults(refused_names=frozenset({"give_back"}))
    assert run(take_over).state == TakeOver.State.APPLIED
    assert "SET ROLE" in take_over.reason


def test_where_nobody_gave_anything_there_is_nothing_to_take_over(
    world: World, operator: User
) -> None:
    world.server.foreign.clear()
    with pytest.raises(Refused):
        propose(operator)


def test_the_rest_door_proposes_and_undoes(world: World, operator: User) -> None:
    client = client_of(operator)
    dataset = Dataset.objects.get(name="t0")
    answered = client.post("/api/v1/take-overs", {"dataset": str(dataset.uuid)})
    assert answered.status_code == 201, answered.content
    take_over = TakeOver.objects.get()
    answer(take_over)
    run(take_over)
    address = f"/api/v1/take-overs/{take_over.uuid}"
    etag = client.get(address)["ETag"]
    assert client.post(f"{address}/undo").status_code == 428
    assert client.post(f"{address}/undo", headers={"If-Match": etag}).status_code == 200
    unknown = client.post("/api/v1/take-overs", {"dataset": str(take_over.uuid)})
    assert unknown.status_code == 400


def test_the_page_proposes_from_a_finding_and_undoes(world: World, operator: User) -> None:
    client = Client()
    client.force_login(operator)
    assert "Adopt…" in client.get("/connections/warehouse").content.decode()
    address = "/connections/warehouse/take-over"
    assert client.post(address, {"dataset": "nonsense"}).status_code == 400
    assert client.post(address, {"dataset": "sales.t0", "act": "remove"}).status_code == 302
    take_over = TakeOver.objects.get()
    assert not take_over.plan["adopts"]
    answer(take_over)
    run(take_over)
    assert "Give it back exactly" in client.get("/connections/warehouse").content.decode()
    undone = client.post(f"/take-overs/{take_over.uuid}/undo", {"version": take_over.version})
    assert undone.status_code == 302
    assert run(take_over).state == TakeOver.State.UNDONE
