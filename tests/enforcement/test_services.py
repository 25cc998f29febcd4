"""Declare, reconcile, prove: what others rely on, on the double that injects faults."""

from apps.audit.models import Entry
from apps.enforcement.models import AppliedDocument, Enforcement, Proof, Sync
from apps.jobs.models import Job
from tests.enforcement.conftest import World

Outcome = Sync.Outcome


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
    for _ in range(5):
        again = world.reconcile()
    assert again.pk == first.pk
    assert (again.outcome, again.passes) == (Outcome.NOOP, 6)
    assert (Entry.objects.count(), Proof.objects.count()) == (entries, proofs)
    assert len(world.server.writes) == writes
