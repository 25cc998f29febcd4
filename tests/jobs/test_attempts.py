"""One attempt after the other: done, put back with a pause, or quarantined with its reason."""

from datetime import timedelta

import pytest
import structlog
from django.db import connection
from django.utils import timezone

from apps.audit.models import Entry
from apps.audit.services import NotRecorded, record
from apps.connectors.contracts import Refused as RefusedBySystem
from apps.connectors.contracts import Unreachable
from apps.core.actors import SystemActor
from apps.core.errors import Refused, Unavailable
from apps.jobs import registry, runner
from apps.jobs.models import Job, State
from apps.jobs.registry import Progress
from apps.jobs.runner import drain
from apps.jobs.services import claims, enqueue, sweeping
from tests.jobs.conftest import Do

ACTOR = SystemActor("test")
pytestmark = pytest.mark.django_db


def ask(key: str = "a") -> Job:
    return enqueue(name="test.work", key=key, actor=ACTOR)


def come_round() -> None:
    """Let the pause before the next attempt be over."""
    Job.objects.filter(state=State.QUEUED).update(run_at=timezone.now() - timedelta(hours=1))


def let_leases_run_out() -> None:
    late = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(state=State.RUNNING).update(lease_until=late)


def test_a_job_is_done_and_says_how_far_it_came() -> None:
    @registry.handles("test.work")
    def work(key: str, progress: Progress) -> None:
        progress(3, 3, "three things")

    job = ask()
    assert drain() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.message) == (State.DONE, 3, 3, "three things")
    assert job.finished_at


@pytest.mark.parametrize(
    "error", [Unavailable("Away."), NotRecorded("Full."), Unreachable("away"), KeyError("x")]
)
def test_what_may_pass_is_tried_again_until_it_works(do: Do, error: Exception) -> None:
    seen = do("test.work", error, error)
    job = ask()
    for _ in range(3):
        drain()
        come_round()
    job.refresh_from_db()
    assert (len(seen), job.state, job.attempts, job.error) == (3, State.DONE, 3, "")


@pytest.mark.parametrize("error", [Unavailable("It is away."), ValueError("odd")])
def test_a_job_is_not_tried_without_end(do: Do, error: Exception) -> None:
    seen = do("test.work", *[error] * 10)
    job = ask()
    for _ in range(6):
        drain()
        come_round()
    job.refresh_from_db()
    assert (len(seen), job.state) == (3, State.QUARANTINED)
    assert str(error) in job.error


@pytest.mark.parametrize("error", [Refused("Not like this."), RefusedBySystem("Not like this.")])
def test_what_a_person_must_change_is_not_tried_again(do: Do, error: Exception) -> None:
    seen = do("test.work", error)
    job = ask()
    drain()
    job.refresh_from_db()
    assert (len(seen), job.state, job.error) == (1, State.QUARANTINED, "Not like this.")
    entry = Entry.objects.get(action="jobs.quarantine_job")
    assert entry.content["detail"]["reason"] == "Not like this."


def test_pauses_grow_with_the_attempts_are_random_and_bounded() -> None:
    drawn = [claims.pause(attempt) for attempt in range(1, 40) for _ in range(20)]
    assert max(drawn) <= timedelta(seconds=claims.LONGEST_PAUSE_SECONDS)
    assert len(set(drawn)) > 700
    first = max(claims.pause(1) for _ in range(200))
    third = max(claims.pause(3) for _ in range(200))
    assert first <= timedelta(seconds=2) < third <= timedelta(seconds=8)


@pytest.mark.usefixtures("steady_pauses")
def test_a_failed_attempt_leaves_the_queue_free_for_others(do: Do) -> None:
    seen = do("test.work", Unavailable("It is away."))
    ask("a")
    ask("b")
    drain()
    assert seen == ["a", "b"]


def test_a_worker_that_died_is_found_by_its_lease_and_its_job_put_back(do: Do) -> None:
    seen = do()
    job = ask()
    assert claims.claim_next(worker="the dead one")
    assert drain() == 0
    let_leases_run_out()
    assert claims.give_back_abandoned(actor=ACTOR) == [job]
    come_round()
    drain()
    job.refresh_from_db()
    assert (seen, job.state, job.attempts) == (["a"], State.DONE, 2)


def test_work_that_kills_its_worker_is_quarantined_after_its_attempts(do: Do) -> None:
    do()
    job = ask()
    for _ in range(3):
        assert claims.claim_next(worker="one that will die")
        let_leases_run_out()
        claims.give_back_abandoned(actor=ACTOR)
        come_round()
    job.refresh_from_db()
    assert job.state == State.QUARANTINED
    assert job.error == "The worker died while doing this (attempt 3 of 3)."


def test_a_worker_that_comes_back_late_changes_nothing(do: Do) -> None:
    do()
    job = ask()
    late = claims.claim_next(worker="slow")
    assert late
    let_leases_run_out()
    claims.give_back_abandoned(actor=ACTOR)
    come_round()
    now = claims.claim_next(worker="quick")
    assert now
    for attempt in (
        lambda: claims.finish(job=late, keep=True),
        lambda: claims.renew(job=late),
        lambda: claims.hold(job=late),
        lambda: claims.note_progress(job=late, done=1, total=1, message=""),
        lambda: claims.fail(job=late, error="x", again=True, actor=ACTOR),
    ):
        with pytest.raises(claims.ClaimLost):
            attempt()
    job.refresh_from_db()
    assert (job.state, job.claimed_by) == (State.RUNNING, "quick")
    claims.finish(job=now, keep=True)


@pytest.mark.usefixtures("steady_pauses")
def test_an_atomic_handler_leaves_all_of_its_effects_or_none() -> None:
    @registry.handles("test.work", atomic=True)
    def work(key: str, progress: Progress) -> None:
        progress(1, 2)
        record(action="test.effect", subject="thing:1", actor=ACTOR)
        if Job.objects.get(name="test.work").attempts == 1:
            raise Unavailable("after the effect")

    job = ask()
    drain()
    assert not Entry.objects.filter(action="test.effect").exists()
    come_round()
    drain()
    job.refresh_from_db()
    assert job.state == State.DONE
    assert Entry.objects.filter(action="test.effect").count() == 1


def test_an_atomic_handler_whose_claim_was_lost_does_nothing(do: Do) -> None:
    seen = do("test.work", atomic=True)
    ask()
    late = claims.claim_next(worker="slow")
    assert late
    let_leases_run_out()
    claims.give_back_abandoned(actor=ACTOR)
    runner.run(late)
    assert seen == []


@pytest.mark.parametrize(("keep", "left"), [(None, 0), (True, 1), (False, 0)])
def test_what_is_periodic_leaves_no_row_unless_it_is_said(
    do: Do, keep: bool | None, left: int
) -> None:
    do("test.work", keep=keep)
    registry.periodic("test.work", every=1)
    ask()
    assert drain() == 1
    assert Job.objects.count() == left


def test_what_a_job_writes_down_carries_the_request_that_asked_for_it() -> None:
    @registry.handles("test.work", atomic=True)
    def work(key: str, progress: Progress) -> None:
        record(action="test.effect", subject="thing:1", actor=ACTOR)

    with structlog.contextvars.bound_contextvars(request_id="req-7"):
        ask()
    drain()
    assert Entry.objects.get(action="test.effect").request == "req-7"


def test_progress_is_told_to_everybody_at_most_twice_a_second(
    django_assert_max_num_queries: pytest.FixtureRequest,
) -> None:
    @registry.handles("test.work")
    def work(key: str, progress: Progress) -> None:
        for done in range(10_000):
            progress(done, 10_000)

    ask()
    job = claims.claim_next(worker="me")
    assert job
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        runner.run(job)


@pytest.mark.django_db(transaction=True)
def test_a_long_job_keeps_its_lease(settings: object) -> None:
    settings.JOB_LEASE_SECONDS = 0.4  # type: ignore[attr-defined]
    given_back = []

    @registry.handles("test.work")
    def work(key: str, progress: Progress) -> None:
        with connection.cursor() as cursor:
            for _ in range(4):
                cursor.execute("SELECT pg_sleep(0.2)")
                given_back.extend(claims.give_back_abandoned(actor=ACTOR))

    job = ask()
    drain()
    job.refresh_from_db()
    assert (given_back, job.state) == ([], State.DONE)


def test_periodic_work_is_due_once_and_again_after_its_time(do: Do) -> None:
    do("test.often")
    registry.periodic("test.often", every=60)
    start = timezone.now()
    assert len(sweeping.enqueue_due(at=start, actor=ACTOR)) == 1
    drain()
    assert sweeping.enqueue_due(at=start + timedelta(seconds=30), actor=ACTOR) == []
    assert len(sweeping.enqueue_due(at=start + timedelta(seconds=61), actor=ACTOR)) == 1
    drain()
    after_a_pause = start + timedelta(hours=5)
    assert len(sweeping.enqueue_due(at=after_a_pause, actor=ACTOR)) == 1
    assert sweeping.enqueue_due(at=after_a_pause, actor=ACTOR) == [], "missed ones are not made up"


def test_a_periodic_handler_is_declared_in_both_ways(do: Do) -> None:
    @registry.handles("test.inner")
    @registry.periodic(every=5)
    def inner(key: str, progress: Progress) -> None: ...

    do("test.named")
    registry.periodic("test.named", every=7)
    assert registry.schedule() == {"test.inner": 5, "test.named": 7}


def test_two_handlers_of_one_name_are_a_mistake(do: Do) -> None:
    do("test.work")
    with pytest.raises(ValueError, match="two handlers"):
        do("test.work")


def test_old_rows_are_forgotten_and_quarantined_ones_are_not(do: Do) -> None:
    do("test.work", Refused("No."))
    ask("a")
    ask("b")
    drain()
    later = timezone.now() + sweeping.KEEP_DONE + timedelta(minutes=1)
    assert sweeping.forget_old(at=later, actor=ACTOR) == 1
    assert Job.objects.get().state == State.QUARANTINED
