"""What enforcement does by itself, by its jobs."""

import pytest
from django.utils import timezone

from apps.catalog.events import CLASSIFIED, SCANNED
from apps.catalog.models import Dataset
from apps.core.errors import Unavailable
from apps.core.events import announce
from apps.enforcement import tasks
from apps.enforcement.models import Proof
from apps.enforcement.services.locking import Busy
from apps.enforcement.work import RECONCILE, SWEEP, WAKE
from apps.jobs import registry
from apps.jobs.models import Job
from tests.connectors.double import Faults
from tests.enforcement.conftest import World


def progress(done: int, total: int, message: str = "") -> None:
    """Nobody listens."""


def test_a_job_reconciles_and_comes_back_when_the_system_is_silent(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.server.faults = Faults(reads_unanswered=frozenset({1}))
    with pytest.raises(Unavailable):
        tasks.reconcile("warehouse", progress)
    tasks.reconcile("warehouse", progress)
    assert world.readers("t0") == {"alice"}
    assert Proof.objects.get().agrees


def test_behind_another_pass_it_comes_again_soon_and_is_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: object) -> None:
        raise Busy("Another pass is under way.")

    monkeypatch.setattr("apps.enforcement.services.reconcile", busy)
    tasks.reconcile("warehouse", progress)
    job = Job.objects.get(name=RECONCILE)
    assert job.run_at > timezone.now()


def test_one_silent_system_does_not_keep_the_others_waiting(world: World) -> None:
    Job.objects.all().delete()
    tasks.sweep("periodic", progress)
    tasks.sweep("periodic", progress)
    assert list(Job.objects.values_list("name", "key")) == [(RECONCILE, "warehouse")]


def test_a_paused_system_is_passed_over(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.system.state = "paused"
    world.system.save()
    tasks.reconcile("warehouse", progress)
    Job.objects.all().delete()
    tasks.sweep("periodic", progress)
    assert not world.server.log
    assert not Job.objects.exists()


def test_rules_that_begin_or_end_wake_their_system(world: World) -> None:
    world.grant(1, "t0", "alice", until=timezone.now())
    Job.objects.all().delete()
    tasks.wake_due("periodic", progress)
    assert Job.objects.get().key == "warehouse"


def test_news_from_the_catalog_is_looked_at(
    world: World, django_capture_on_commit_callbacks: object
) -> None:
    world.grant(1, "t0", "alice")
    dataset = Dataset.objects.get(name="t0")
    for name, key in ((SCANNED, "warehouse"), (CLASSIFIED, str(dataset.uuid))):
        Job.objects.all().delete()
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            announce(name, key)
        assert Job.objects.get(name=RECONCILE).key == "warehouse"


def test_both_clocks_are_wound() -> None:
    schedule = registry.schedule()
    assert schedule[SWEEP] == 300
    assert schedule[WAKE] <= 15
