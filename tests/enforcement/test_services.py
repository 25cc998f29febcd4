"""Declare, reconcile, prove: what others rely on, on the double that injects faults."""

import copy
import hashlib
import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import Entry
from apps.catalog.models import Bypass, Dataset, RoleMembership, SystemRole
from apps.core.actors import SystemActor
from apps.core.errors import Conflict, Forbidden, Refused, Stale, Unavailable
from apps.enforcement import services
from apps.enforcement.models import (
    AppliedDocument,
    Call,
    Drift,
    Enforcement,
    Evidence,
    Proof,
    Sync,
)
from apps.enforcement.selectors import State, preview_plan, status_of, statuses_of
from apps.findings.models import Finding
from apps.identity.permissions import Role
from apps.jobs.models import Job
from apps.semantics.rules import Effect, Rule
from tests.connectors.double import Faults, Killed
from tests.enforcement.conftest import ACTOR, AT, World
from tests.people import person
from tests.servers import sized

Outcome = Sync.Outcome
SECOND = SystemActor("a second one")


def test_what_is_declared_stands_and_is_proven_as_the_person(world: World) -> None:
    declaration = world.grant(1, "t0", "alice")
    sync = world.reconcile()
    assert (sync.outcome, sync.writes) == (Outcome.APPLIED, 1)
    assert world.readers("t0") == {"alice"}
    proof = Proof.objects.get()
    assert (proof.owner, proof.principal, proof.dataset_name) == (
        "grant:G-1",
        "alice",
        "sales.t0",
    )
    assert proof.agrees
    assert proof.allowed
    assert proof.dataset is not None
    assert proof.evidence.sha256 in str(Entry.objects.latest("id").body)
    state = Enforcement.objects.get()
    assert state.observed == state.generation == declaration.generation


def test_a_declaration_asks_for_a_pass(world: World) -> None:
    world.grant(1, "t0", "alice")
    assert list(Job.objects.values_list("name", "key")) == [("enforcement.reconcile", "warehouse")]


def test_stating_the_same_again_changes_nothing(world: World) -> None:
    first = world.grant(1, "t0", "alice")
    entries = Entry.objects.count()
    assert world.grant(1, "t0", "alice") == first
    assert (Entry.objects.count(), Enforcement.objects.get().generation) == (entries, 1)
    world.withdraw(1)
    assert world.grant(1, "t0", "alice").generation == 3


def test_what_is_withdrawn_is_gone_and_proven_gone(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    world.withdraw(1)
    assert world.reconcile().outcome == Outcome.APPLIED
    assert world.readers("t0") == set()
    assert not AppliedDocument.objects.exists()
    proof = Proof.objects.first()
    assert proof is not None
    assert proof.agrees
    assert not proof.allowed


def test_a_second_pass_writes_nothing_there_and_counts_itself_here(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    first = world.reconcile()
    entries, proofs, writes = Entry.objects.count(), Proof.objects.count(), len(world.server.writes)
    passes = sized(5, 1000)
    for _ in range(passes):
        again = world.reconcile()
    assert again.pk == first.pk
    assert (again.outcome, again.passes) == (Outcome.NOOP, 1 + passes)
    assert (Entry.objects.count(), Proof.objects.count()) == (entries, proofs)
    assert len(world.server.writes) == writes


def kill_at(world: World, point: int) -> bool:
    """Run a pass that dies at this write point; False when it came to its end before."""
    world.server.faults = Faults(killed_at=2 * len(world.server.writes) + point)
    try:
        world.reconcile()
    except Killed:
        return True
    finally:
        world.server.faults = Faults()
    return False


def busy(world: World) -> None:
    """Three grants in force; then one is withdrawn, one changes hands and two are new."""
    for number, (table, who) in enumerate([("t0", "alice"), ("t1", "alice"), ("t2", "bob")], 1):
        world.grant(number, table, who)
    world.reconcile()
    world.withdraw(1)
    world.withdraw(2)
    world.grant(4, "t1", "bob")
    world.grant(5, "t3", "alice")
    world.grant(6, "t4", "bob")


def who_may(world: World) -> dict[str, set[str]]:
    return {f"t{n}": world.readers(f"t{n}") for n in range(5)}


def test_killed_at_any_write_point_it_converges_and_never_gives_too_much(world: World) -> None:
    wanted = {"t0": set(), "t1": {"bob"}, "t2": {"bob"}, "t3": {"alice"}, "t4": {"bob"}}
    points = 0
    while True:
        with transaction.atomic():
            busy(world)
            before = who_may(world)
            died = kill_at(world, points + 1)
            for table, readers in who_may(world).items():
                assert readers <= before[table] | wanted[table]
            if died:
                assert world.reconcile().outcome in (Outcome.APPLIED, Outcome.NOOP)
            assert who_may(world) == wanted
            assert world.reconcile().outcome == Outcome.NOOP
            assert not Drift.objects.exists(), "our own interrupted work is not somebody else's"
            assert all(s.state in SETTLED for s in statuses_of(OWNERS).values())
            assert not AppliedDocument.objects.filter(pending=True).exists()
            transaction.set_rollback(True)
        world.server.__init__()  # type: ignore[misc]
        if not died:
            break
        points += 1
    assert points == 8, "four documents, before and after each"


SETTLED = (State.IN_FORCE, State.GONE)
OWNERS = [f"grant:G-{n}" for n in range(1, 7)]


def test_tightening_is_sent_before_loosening(world: World) -> None:
    busy(world)
    sent = len(world.server.writes)
    world.reconcile()
    assert [name.removeprefix("double:sales.") for _, name in world.server.writes[sent:]] == [
        "t0",
        "t1",
        "t3",
        "t4",
    ]


def test_a_read_that_breaks_off_changes_nothing_and_is_counted(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.server.faults = Faults(reads_unanswered=frozenset({1, 2}))
    first, second = world.reconcile(), world.reconcile()
    assert (first.outcome, second.pk, second.passes) == (Outcome.UNREACHABLE, first.pk, 2)
    assert not world.server.writes
    assert status_of("grant:G-1").state == State.PENDING
    assert Finding.objects.get(kind="enforcement.trouble").is_open
    assert world.reconcile().outcome == Outcome.APPLIED
    assert not Finding.objects.get(kind="enforcement.trouble").is_open


def test_a_system_that_goes_silent_half_way_is_made_to_agree_later(world: World) -> None:
    for number in range(3):
        world.grant(number, f"t{number}", "alice")
    world.server.faults = Faults(writes_unanswered=frozenset({2}))
    sync = world.reconcile()
    assert (sync.outcome, sync.writes) == (Outcome.UNREACHABLE, 1)
    world.server.faults = Faults()
    sync = world.reconcile()
    assert (sync.outcome, sync.writes) == (Outcome.APPLIED, 2)
    assert not Drift.objects.exists()


def test_a_write_that_is_answered_and_lost_is_found_by_reading_again(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.server.faults = Faults(write_lost=frozenset({1}))
    sync = world.reconcile()
    assert sync.outcome == Outcome.FAILED
    assert "sales.t0" in sync.reason
    assert status_of("grant:G-1").state == State.PENDING
    world.server.faults = Faults()
    assert world.reconcile().outcome == Outcome.APPLIED
    assert status_of("grant:G-1").state == State.IN_FORCE


def test_what_the_system_refuses_is_told_to_its_owner_and_the_rest_goes_on(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.grant(2, "t1", "root")
    world.grant(3, "t2", "bob")
    world.server.faults = Faults(refused_names=frozenset({"double:sales.t2"}))
    sync = world.reconcile()
    assert sync.outcome == Outcome.REFUSED
    found = statuses_of(["grant:G-1", "grant:G-2", "grant:G-3"])
    assert [status.state for status in found.values()] == [
        State.IN_FORCE,
        State.REFUSED,
        State.REFUSED,
    ]
    assert "superuser" in found["grant:G-2"].reasons[0]
    assert "42501" in found["grant:G-3"].reasons[0]
    assert Finding.objects.filter(kind="enforcement.refused", state="open").count() == 2
    world.server.faults = Faults()
    assert world.reconcile().outcome == Outcome.APPLIED
    assert status_of("grant:G-3").state == State.IN_FORCE
    assert Finding.objects.filter(kind="enforcement.refused", state="open").count() == 1


def test_who_was_refused_stays_told_for_as_long_as_it_lasts(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.grant(2, "t0", "bob")
    world.reconcile()
    world.withdraw(2)
    world.server.faults = Faults(refused_names=frozenset({"double:sales.t0"}))
    for _ in range(3):
        world.reconcile()
        assert status_of("grant:G-2").state == State.REFUSED
        assert status_of("grant:G-1").state == State.IN_FORCE
    world.server.faults = Faults()
    world.reconcile()
    assert status_of("grant:G-2").state == State.GONE


def test_changes_by_hand_are_put_right_and_kept_side_by_side(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.grant(2, "t1", "alice")
    world.reconcile()
    own = world.server.own
    own["double:sales.t0"]["readers"]["bob"] = own["double:sales.t0"]["readers"]["alice"]
    del own["double:sales.t1"]
    own["double:sales.t9"] = {"dataset": "sales.t9", "readers": {"bob": []}}
    sync = world.reconcile()
    assert (sync.outcome, sync.writes) == (Outcome.APPLIED, 3)
    assert world.readers("t0") == {"alice"}
    assert world.readers("t1") == {"alice"}
    assert "double:sales.t9" not in own
    kinds = dict(Drift.objects.values_list("dataset", "kind"))
    assert kinds == {"sales.t0": "altered", "sales.t1": "gone", "": "extra"}
    drift = Drift.objects.get(dataset="sales.t0")
    assert set(drift.found["readers"]) == {"alice", "bob"}
    assert set(drift.expected["readers"]) == {"alice"}
    assert drift.righted_at is not None
    assert drift.sync == sync
    findings = Finding.objects.filter(kind="enforcement.drift")
    assert [finding.is_open for finding in findings] == [False] * 3
    assert Entry.objects.filter(body__contains="enforcement.find_drift").count() == 1


def test_what_is_foreign_is_never_touched(world: World) -> None:
    world.grant(1, "t0", "alice")
    foreign = {"somebody's": {"dataset": "sales.t0", "readers": {}}}
    world.server.foreign = copy.deepcopy(foreign)
    for _ in range(3):
        world.reconcile()
    world.withdraw(1)
    world.reconcile()
    assert world.server.foreign == foreign


def test_who_reads_outside_of_any_decision_is_told_once_and_with_their_people(
    world: World,
) -> None:
    analysts = SystemRole.objects.create(system=world.system, name="analysts")
    bob = SystemRole.objects.get(name="bob")
    RoleMembership.objects.create(member=bob, role=analysts)
    right = {"grantee": "analysts", "privilege": "SELECT", "column": ""}
    world.server.foreign["sales.t0"] = {"dataset": "sales.t0", "readers": {}, "rights": [right]}
    world.server.foreign["sales.t1"] = {"dataset": "sales.t1", "readers": {}, "rights": [right]}
    world.grant(1, "t0", "alice")
    world.reconcile()
    finding = Finding.objects.get(kind="enforcement.foreign")
    assert finding.subject == "dataset:warehouse/sales.t0"
    assert finding.evidence["principals"] == ["bob"]
    assert "bob" in finding.text
    seen = finding.last_seen_at
    world.reconcile(AT + timedelta(minutes=5))
    finding.refresh_from_db()
    assert finding.last_seen_at == seen
    world.server.foreign["sales.t0"]["rights"] = []
    world.reconcile(AT + timedelta(minutes=10))
    finding.refresh_from_db()
    assert not finding.is_open


def test_ways_past_a_rule_on_a_governed_dataset_are_findings(world: World) -> None:
    governed, other = Dataset.objects.get(name="t0"), Dataset.objects.get(name="t1")
    for dataset, through in ((governed, "sales.v0"), (other, "sales.v1")):
        Bypass.objects.create(
            system=world.system,
            dataset=dataset,
            kind="definer_view",
            through=through,
            principals=["bob"],
            text="The view reads with its owner's rights.",
        )
    world.grant(1, "t0", "alice")
    world.reconcile()
    finding = Finding.objects.get(kind="enforcement.bypass")
    assert "sales.v0" in finding.title
    assert "bob" in finding.text


def test_a_pass_that_would_remove_too_much_waits_for_a_person(world: World) -> None:
    for number in range(10):
        world.grant(number, f"t{number}", "alice")
    world.reconcile()
    for number in range(4):
        world.withdraw(number)
    sent = len(world.server.writes)
    held = world.reconcile()
    assert held.outcome == Outcome.HELD
    assert world.reconcile().pk == held.pk
    assert len(world.server.writes) == sent
    assert status_of("grant:G-0").state == State.HELD
    assert Finding.objects.get(kind="enforcement.held").is_open
    state = Enforcement.objects.get()
    with pytest.raises(Stale):
        services.release(system=world.system, version=state.version - 1, actor=SECOND)
    services.release(system=world.system, version=state.version, actor=SECOND)
    assert world.reconcile().outcome == Outcome.APPLIED
    assert status_of("grant:G-0").state == State.GONE
    assert not Finding.objects.get(kind="enforcement.held").is_open
    with pytest.raises(Conflict):
        services.release(system=world.system, actor=SECOND)


def test_a_released_pass_that_breaks_off_need_not_be_released_again(world: World) -> None:
    for number in range(10):
        world.grant(number, f"t{number}", "alice")
    world.reconcile()
    for number in range(8):
        world.withdraw(number)
    world.reconcile()
    services.release(system=world.system, actor=SECOND)
    world.server.faults = Faults(writes_unanswered=frozenset({13}))
    assert world.reconcile().outcome == Outcome.UNREACHABLE
    world.server.faults = Faults()
    assert world.reconcile().outcome == Outcome.APPLIED


def test_whoever_changed_part_of_what_is_held_cannot_release_it(world: World) -> None:
    one, two = person("One", Role.OPERATOR), person("Two", Role.OPERATOR)
    for number in range(12):
        world.grant(number, f"t{number}", "alice")
    world.reconcile()
    services.withdraw(owner="grant:G-0", actor=two)
    world.reconcile()
    for number in range(1, 5):
        services.withdraw(owner=f"grant:G-{number}", actor=one)
    assert world.reconcile().outcome == Outcome.HELD
    with pytest.raises(Forbidden, match="somebody else"):
        services.release(system=world.system, actor=one)
    services.release(system=world.system, actor=two)
    assert world.reconcile().outcome == Outcome.APPLIED
    assert Enforcement.objects.get().moved_by == {}
    told = Entry.objects.get(body__contains="enforcement.release_pass")
    assert one.ref in told.body


def test_a_change_during_a_pass_is_not_forgotten_with_it(world: World) -> None:
    world.grant(1, "t0", "alice")
    state = Enforcement.objects.get()
    state.moved_by = {"user:late@example.org": state.generation + 1, **state.moved_by}
    state.save(update_fields=["moved_by"])
    world.reconcile()
    assert list(Enforcement.objects.get().moved_by) == ["user:late@example.org"]


def test_a_rule_ends_by_itself_at_its_instant_and_is_proven_gone(world: World) -> None:
    world.grant(1, "t0", "alice", until=AT + timedelta(hours=1))
    world.reconcile()
    assert services.wake_due(at=AT + timedelta(minutes=59), actor=ACTOR) == []
    assert world.readers("t0") == {"alice"}
    assert services.wake_due(at=AT + timedelta(hours=1), actor=ACTOR) == ["warehouse"]
    generation = Enforcement.objects.get().generation
    world.reconcile(AT + timedelta(hours=1))
    assert world.readers("t0") == set()
    assert Enforcement.objects.get().generation == generation + 1
    assert status_of("grant:G-1").state == State.GONE
    assert services.wake_due(at=AT + timedelta(hours=2), actor=ACTOR) == []


def test_a_rule_begins_by_itself_at_its_instant(world: World) -> None:
    world.grant(1, "t0", "alice", valid_from=AT + timedelta(hours=1))
    world.reconcile()
    assert world.readers("t0") == set()
    world.reconcile(AT + timedelta(hours=1))
    assert world.readers("t0") == {"alice"}
    assert status_of("grant:G-1").state == State.IN_FORCE


def test_an_answer_that_is_not_as_decided_is_drift_and_a_finding(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    assert status_of("grant:G-1").state == State.IN_FORCE
    world.server.foreign["sales.t0"] = {
        "readers": {"alice": [{"columns": {"id": {}}, "rows": {"kind": "everything"}}]}
    }
    (proof,) = services.ask_again(owner="grant:G-1", at=AT, actor=ACTOR)
    assert not proof.agrees
    status = status_of("grant:G-1")
    assert status.state == State.DRIFTED
    assert "alice" in status.reasons[0]
    assert Finding.objects.get(kind="enforcement.differs").is_open
    world.server.foreign.clear()
    services.ask_again(owner="grant:G-1", at=AT, actor=ACTOR)
    assert status_of("grant:G-1").state == State.IN_FORCE
    assert not Finding.objects.get(kind="enforcement.differs").is_open


def test_the_same_answer_again_is_counted_and_another_gets_evidence(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    for _ in range(3):
        (proof,) = services.ask_again(owner="grant:G-1", at=AT, actor=ACTOR)
    assert (proof.times, Proof.objects.count(), Evidence.objects.count()) == (4, 1, 1)
    body = bytes(proof.evidence.body)
    assert hashlib.sha256(body).hexdigest() == proof.evidence.sha256
    assert json.loads(body)["principal"] == "alice"
    world.grant(1, "t0", "alice", columns=frozenset({"id"}))
    world.reconcile()
    assert Evidence.objects.count() == 2


def test_old_proofs_are_asked_for_again_without_anybody_asking(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    asked = Proof.objects.get().asked_at
    assert services.keep_proving(system=world.system, at=asked, actor=ACTOR) == []
    later = asked + timedelta(minutes=6)
    (proof,) = services.keep_proving(system=world.system, at=later, actor=ACTOR)
    assert proof.times == 2


def test_who_cannot_be_asked_now_is_asked_by_the_next_pass(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.server.faults = Faults(probes_unanswered=frozenset({1}))
    with pytest.raises(Unavailable):
        world.reconcile()
    status = status_of("grant:G-1")
    assert (status.state, status.effective_at) == (State.PENDING, None)
    assert status.applied_at is not None
    world.reconcile()
    status = status_of("grant:G-1")
    assert status.state == State.IN_FORCE
    assert status.effective_at is not None


def test_a_pass_asks_so_many_and_the_next_one_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.enforcement.services.proving.MOST_AT_ONCE", 2)
    for number in range(5):
        world.grant(number, f"t{number}", "alice")
    for left in (3, 1, 0):
        Job.objects.all().delete()
        world.reconcile()
        assert Proof.objects.count() == 5 - left
        assert Job.objects.exists() == bool(left)


def test_the_three_instants_come_one_after_another(world: World) -> None:
    world.grant(1, "t0", "alice")
    status = status_of("grant:G-1")
    assert (status.state, status.applied_at) == (State.PENDING, None)
    assert status.decided_at is not None
    world.reconcile(timezone.now())
    status = status_of("grant:G-1")
    assert status.applied_at is not None
    assert status.effective_at is not None
    assert status.decided_at is not None
    assert status.decided_at <= status.applied_at <= status.effective_at


def test_a_paused_system_is_left_as_it_was(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.system.state = "paused"
    with pytest.raises(Conflict):
        world.reconcile()
    assert not world.server.log


def test_the_last_twenty_calls_are_kept_and_no_more(world: World) -> None:
    for number in range(12):
        world.grant(number, f"t{number}", "alice")
    world.reconcile()
    calls = list(Call.objects.all())
    assert len(calls) == 20
    assert calls[0].verb == "probe"
    world.server.faults = Faults(reads_unanswered=frozenset({3}))
    world.reconcile()
    assert "broke" in Call.objects.all()[0].error
    for _ in range(4):
        world.reconcile()
    assert (Call.objects.count(), Call.objects.all()[0].times) == (20, 4)


def test_a_preview_shows_what_would_change_and_changes_nothing(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    rule = Rule(
        key="grant:G-0",
        origin="grant:G-0",
        effect=Effect.GRANT,
        dataset="sales.t0",
        principals=frozenset({"bob"}),
        valid_from=AT,
    )
    calls = len(world.server.log)
    (change,) = preview_plan(system=world.system, extra=(rule,), at=AT).changes
    assert (change.verb, change.direction) == ("change", "loosen")
    assert set(change.after["readers"]) == {"alice", "bob"}  # type: ignore[index]
    (change,) = preview_plan(
        system=world.system, extra=(rule,), without=("grant:G-1",), at=AT
    ).changes
    assert set(change.after["readers"]) == {"bob"}  # type: ignore[index]
    assert len(world.server.log) == calls


def test_a_preview_refuses_what_the_system_cannot_express(world: World) -> None:
    rule = Rule(
        key="g",
        origin="grant:G-0",
        effect=Effect.GRANT,
        dataset="sales.t0",
        principals=frozenset({"root"}),
    )
    with pytest.raises(Refused, match="superuser"):
        preview_plan(system=world.system, extra=(rule,), at=AT)


def test_statuses_of_many_owners_cost_as_many_queries_as_of_one(
    world: World,
) -> None:
    for number in range(5):
        world.grant(number, f"t{number}", "alice")
    world.reconcile()
    with CaptureQueriesContext(connection) as one:
        statuses_of(["grant:G-0"])
    with CaptureQueriesContext(connection) as many:
        statuses_of([f"grant:G-{n}" for n in range(5)])
    assert len(one) == len(many) == 6


def test_a_no_op_pass_costs_the_same_queries_however_much_is_declared(world: World) -> None:
    counts = []
    for number in range(3):
        world.grant(number, f"t{number}", "alice")
        world.reconcile()
        world.reconcile()
        with CaptureQueriesContext(connection) as queries:
            world.reconcile()
        counts.append(len(queries))
    assert len(set(counts)) == 1
