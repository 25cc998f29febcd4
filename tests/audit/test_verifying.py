"""Checkpoints, and reading the chain against them."""

import shutil
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from apps.audit import places, services
from apps.audit.models import Checkpoint, Verification
from apps.audit.places import Place
from apps.audit.selectors import verify_state
from apps.audit.signing import Storage
from apps.core.actors import SystemActor
from apps.core.errors import Unavailable
from tests.audit.conftest import Write

ACTOR = SystemActor("test")
NOW = timezone.now
pytestmark = pytest.mark.django_db


def checkpoint() -> Checkpoint | None:
    return services.checkpoint(at=NOW(), actor=ACTOR)


def verify(whole: bool = True) -> Verification:
    return services.verify(at=NOW(), actor=ACTOR, whole=whole)


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_checkpoint_is_written_to_every_folder_and_signed(
    signed_book: None, outside: Storage
) -> None:
    first, second = (list(places.read(folder)) for folder in outside.folders)
    assert [statement.seq for statement in first] == [20, 40, 60]
    assert first == second
    assert outside.key.stat().st_mode & 0o777 == 0o600
    key = next(iter(outside.folders[0].glob("key-*.pem")))
    assert key.read_bytes() == outside.public.read_bytes()


def test_nothing_new_makes_no_checkpoint(signed_book: None) -> None:
    assert checkpoint() is None
    assert verify_state().checkpoint == Checkpoint.objects.get(seq=60)


def test_the_state_says_how_far_the_book_is_verified(signed_book: None, write: Write) -> None:
    write(5)
    state = verify_state()
    assert (state.sealed, state.verified, state.unsealed, state.intact) == (60, 60, 5, True)
    checkpoint()
    assert verify_state().verified == 65


def test_what_is_broken_is_never_signed_and_stays_known(
    signed_book: None, write: Write, unguarded: None
) -> None:
    write(5)
    services.seal(at=NOW(), actor=ACTOR)
    sql("UPDATE audit_seal SET hash = repeat('a', 64) WHERE seq = 63")
    assert checkpoint() is None
    state = verify_state()
    assert (state.broken, state.verified) == (63, 60)
    assert Checkpoint.objects.count() == 3


def test_what_was_broken_and_is_whole_again_is_no_longer_reported(
    signed_book: None, unguarded: None
) -> None:
    sql("CREATE TEMP TABLE kept AS SELECT * FROM audit_seal WHERE seq = 30")
    sql("DELETE FROM audit_seal WHERE seq = 30")
    assert verify().broken == 30
    sql("INSERT INTO audit_seal SELECT * FROM kept")
    assert verify_state().broken == 30
    assert verify().broken is None
    assert verify_state().intact


def test_a_cut_off_end_is_found_by_the_quick_check_too(signed_book: None, unguarded: None) -> None:
    sql("DELETE FROM audit_seal WHERE seq > 45")
    sql("DELETE FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM audit_seal)")
    found = verify(whole=False)
    assert found.broken == 46
    assert "60" in found.reason


def test_a_checkpoint_of_another_key_is_not_believed(signed_book: None, outside: Storage) -> None:
    forged = places.state(
        Place(70, "b" * 64),
        at="2026-01-01T00:00:00.000000Z",
        key=Ed25519PrivateKey.generate(),
    )
    places.write(forged, outside.folders[0])
    assert "signature" in verify().reason


def test_a_file_that_is_no_checkpoint_is_named(signed_book: None, outside: Storage) -> None:
    (outside.folders[1] / "2026-01").mkdir(exist_ok=True)
    (outside.folders[1] / "2026-01" / "000000000010.json").write_text("{}")
    assert "000000000010.json" in verify().reason


def test_a_lost_key_is_not_replaced_in_silence(signed_book: None, outside: Storage) -> None:
    outside.key.unlink()
    with pytest.raises(Unavailable, match=r"audit\.pem"):
        checkpoint()


def test_a_folder_that_cannot_be_written_is_named(
    write: Write, outside: Storage, tmp_path: Path
) -> None:
    outside.folders[1].write_text("a file where the folder should be")
    write(1)
    with pytest.raises(Unavailable, match="copies"):
        checkpoint()
    assert not Checkpoint.objects.exists()


def test_the_command_says_ok_and_says_where_when_it_is_not(
    signed_book: None, unguarded: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("audit_verify")
    assert "#1 to #60 hold" in capsys.readouterr().out
    sql("UPDATE audit_entry SET body = replace(body, 'Entry nº 3\"', 'Entry nº 4\"')")
    with pytest.raises(SystemExit) as exit_:
        call_command("audit_verify")
    assert exit_.value.code == 1
    assert "BROKEN at #4" in capsys.readouterr().err


def test_checkpoints_that_are_gone_from_every_folder_are_missed(
    signed_book: None, outside: Storage
) -> None:
    shutil.rmtree(outside.folders[0])
    assert verify().broken is None, "the copy is enough"
    shutil.rmtree(outside.folders[1])
    for whole in (False, True):
        assert verify(whole).reason == "No folder has the checkpoint at #60 any more."
    assert checkpoint() is None


@pytest.mark.django_db(transaction=True)
def test_two_who_sign_at_once_make_one_checkpoint() -> None:
    for _ in range(20):
        with transaction.atomic():
            services.record(action="test.write", subject="thing:1", actor=ACTOR)
    made: list[Checkpoint | None] = []

    def sign() -> None:
        made.append(checkpoint())
        connections.close_all()

    threads = [threading.Thread(target=sign) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made, key=bool) == [None, None, None, Checkpoint.objects.get()]
    assert verify().broken is None
