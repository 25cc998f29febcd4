"""The one sealer: every entry gets one place, whatever the order of commits."""

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from apps.audit import services
from apps.audit.chain import GENESIS, digest_of, link
from apps.audit.models import Entry, Seal
from apps.audit.selectors import verify_state
from apps.core.actors import SystemActor
from tests.audit.conftest import Write

ACTOR = SystemActor("test")
NOW = timezone.now


def seal() -> int:
    return services.seal(at=NOW(), actor=ACTOR)


@pytest.mark.django_db
def test_each_hash_covers_the_entry_and_the_hash_before(write: Write) -> None:
    write(3)
    assert seal() == 3
    previous = GENESIS
    for seq, found in enumerate(Seal.objects.order_by("seq").select_related("entry"), start=1):
        digest = digest_of(found.entry.body.encode())
        assert found.seq == seq
        assert found.previous == previous
        assert found.hash == link(previous=previous, digest=digest, seq=seq)
        previous = found.hash


@pytest.mark.django_db
def test_sealing_again_changes_nothing(write: Write) -> None:
    write(2)
    seal()
    assert seal() == 0
    assert Seal.objects.count() == 2


@pytest.mark.django_db
def test_what_is_not_sealed_is_counted(write: Write) -> None:
    write(2)
    assert verify_state().unsealed == 2
    seal()
    write(1)
    assert (verify_state().sealed, verify_state().unsealed) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_sealed_although_later_ones_are() -> None:
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with psycopg.connect(**parameters) as slow:
        body = _one_more_body()
        slow.execute("INSERT INTO audit_entry (at, body) VALUES (%s, %s)", body)
        with transaction.atomic():
            services.record(action="test.quick", subject="thing:1", actor=ACTOR)
        assert seal() == 1
        slow.commit()
    assert seal() == 1
    order = list(Seal.objects.order_by("seq").values_list("entry_id", flat=True))
    assert order == sorted(order, reverse=True), "the late one has the lower id, and comes second"


def _one_more_body() -> tuple[object, str]:
    with transaction.atomic():
        entry = services.record(action="test.slow", subject="thing:2", actor=ACTOR)
        transaction.set_rollback(True)
    return entry.at, entry.body


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_two_sealers_leave_one_unbroken_chain() -> None:
    stop = threading.Event()

    def write_some() -> None:
        for number in range(40):
            with transaction.atomic():
                services.record(action="test.write", subject=f"thing:{number}", actor=ACTOR)
                if number % 5 == 0:
                    transaction.set_rollback(True)
        connections.close_all()

    def seal_on() -> None:
        while not stop.is_set():
            seal()
        connections.close_all()

    writers = [threading.Thread(target=write_some) for _ in range(4)]
    sealers = [threading.Thread(target=seal_on) for _ in range(2)]
    for thread in writers + sealers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sealers:
        thread.join()
    seal()
    assert Seal.objects.count() == Entry.objects.count() == 4 * 32
    assert services.verify(at=NOW(), actor=ACTOR, whole=True).broken is None


@pytest.mark.django_db
def test_a_book_restored_into_a_younger_cluster_is_sealed_all_the_same(
    write: Write, unguarded: None
) -> None:
    write(1)
    seal()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_seal SET horizon = '999999999999'::xid8")
    write(2)
    assert seal() == 2
    write(1)
    assert seal() == 1


@pytest.mark.django_db
def test_an_entry_from_beyond_all_partitions_is_kept_in_the_default_one(write: Write) -> None:
    import time_machine

    with time_machine.travel(NOW() + timedelta(days=4000)):
        write(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_entry_default")
        assert cursor.fetchone() == (1,)
    assert seal() == 1


@pytest.mark.django_db
def test_partitions_are_made_ahead_and_once() -> None:
    services.make_partitions(at=NOW(), actor=ACTOR)
    assert services.make_partitions(at=NOW(), actor=ACTOR) == []
    later = NOW() + timedelta(days=55)
    made = services.make_partitions(at=later, actor=ACTOR)
    assert made
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {made[-1]}")
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'A'",
            [made[-1]],
        )
        assert cursor.fetchone() == (2,), "the new partition refuses change and truncation"
