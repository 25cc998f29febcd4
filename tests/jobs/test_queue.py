"""Putting work into the queue: in the change's transaction, and not twice."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.audit.models import Entry
from apps.core.actors import SystemActor
from apps.core.errors import Conflict, Refused
from apps.jobs.models import Job, State
from apps.jobs.runner import drain
from apps.jobs.services import enqueue, queue, retry_job
from tests.jobs.conftest import Do

ACTOR = SystemActor("test")
pytestmark = pytest.mark.django_db


def ask(key: str = "a", **more: object) -> Job:
    return enqueue(name="test.work", key=key, actor=ACTOR, **more)  # type: ignore[arg-type]


def test_what_waits_already_is_not_asked_for_twice(do: Do) -> None:
    seen = do()
    assert ask() == ask()
    ask("b")
    drain()
    assert seen == ["a", "b"]


def test_what_runs_already_is_done_once_more_afterwards(do: Do) -> None:
    do()
    running = ask()
    Job.objects.filter(pk=running.pk).update(
        state=State.RUNNING, claimed_by="other", lease_until=timezone.now() + timedelta(hours=1)
    )
    again = ask()
    assert again != running
    assert drain() == 0, "of one name and key one runs at a time"
    Job.objects.filter(pk=running.pk).update(state=State.DONE)
    assert drain() == 1


def test_asking_again_makes_it_earlier_and_never_later(do: Do) -> None:
    do()
    tomorrow = timezone.now() + timedelta(days=1)
    job = ask(run_at=tomorrow)
    assert drain() == 0
    ask(run_at=tomorrow + timedelta(days=1))
    job.refresh_from_db()
    assert job.run_at == tomorrow
    ask()
    assert drain() == 1


def test_what_nobody_can_do_is_refused_when_it_is_asked_for() -> None:
    with pytest.raises(LookupError, match=r"test\.work"):
        ask()


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_undone_asks_for_nothing(do: Do) -> None:
    do()
    with transaction.atomic():
        ask()
        transaction.set_rollback(True)
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_waiting_job_is_not_begun_before_the_change_it_was_asked_for_is_seen(do: Do) -> None:
    do()
    job = ask()
    with transaction.atomic():
        assert ask() == job
        assert _claimable_by_others() == 0
    assert _claimable_by_others() == 1


@pytest.mark.django_db(transaction=True)
def test_two_changes_that_ask_for_the_same_do_not_wait_for_each_other(do: Do) -> None:
    do()
    job = ask()
    with _another_connection() as other:
        other.execute("SELECT FROM jobs_job WHERE id = %s FOR UPDATE", [job.pk])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            assert ask() != job


@pytest.mark.django_db(transaction=True)
def test_workers_are_woken_after_the_commit_and_a_lost_message_costs_nothing(
    do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, sent = do(), []

    class Broker:
        def send_task(self, name: str, **_: object) -> None:
            sent.append((name, connection.in_atomic_block))
            raise OperationalError("the broker is away")

    monkeypatch.setattr("celery.current_app", Broker())
    with transaction.atomic():
        ask()
        assert sent == []
    assert sent == [(queue.WAKE, False)]
    drain()
    assert seen == ["a"]


def test_a_quarantined_job_can_be_tried_again_and_that_is_written_down(do: Do) -> None:
    seen = do("test.work", Refused("No."))
    job = ask()
    drain()
    retry_job(job=job, actor=ACTOR)
    drain()
    job.refresh_from_db()
    assert (seen, job.state, job.error) == (["a", "a"], State.DONE, "")
    entry = Entry.objects.get(action="jobs.retry_job")
    assert entry.content["before"]["error"] == "No."


def test_a_job_that_is_not_quarantined_is_not_tried_again(do: Do) -> None:
    do()
    with pytest.raises(Conflict):
        retry_job(job=ask(), actor=ACTOR)


def _another_connection() -> "psycopg.Connection[tuple[object, ...]]":
    known = connection.settings_dict
    return psycopg.connect(
        host=known["HOST"],
        port=known["PORT"],
        user=known["USER"],
        password=known["PASSWORD"],
        dbname=known["NAME"],
    )


def _claimable_by_others() -> int:
    with _another_connection() as other:
        found = other.execute("SELECT id FROM jobs_job WHERE state='queued' FOR UPDATE SKIP LOCKED")
        return len(found.fetchall())
