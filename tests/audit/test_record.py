"""Writing into the book: in the change's transaction, once and for ever."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.models import AppendOnlyError, Entry
from apps.audit.services import NotInTransaction, record
from apps.core.actors import SystemActor

ACTOR = SystemActor("test")


def written(**content: object) -> Entry:
    with transaction.atomic():
        return record(action="test.write_entry", subject="thing:1", actor=ACTOR, **content)


@pytest.mark.django_db
def test_an_entry_says_who_did_what_to_what() -> None:
    entry = Entry.objects.get(pk=written(before={"a": 1}, after={"a": 2}).pk)
    assert (entry.actor, entry.action, entry.subject) == (
        "system:test",
        "test.write_entry",
        "thing:1",
    )
    assert entry.content["before"] == {"a": 1}
    assert entry.content["after"] == {"a": 2}
    assert str(entry.uuid) == entry.content["uuid"]
    assert entry.at == datetime.fromisoformat(entry.content["at"])


@pytest.mark.django_db
def test_an_entry_is_never_lost_for_want_of_a_type() -> None:
    entry = written(
        detail={
            "nul": "a\x00b",
            "surrogate": "\ud800",
            "huge": 2**70,
            "nan": float("nan"),
            "when": datetime(2026, 1, 1, tzinfo=UTC),
            "amount": Decimal("1.10"),
            "id": UUID(int=1),
            "set": {"b", "a"},
            "tuple": (1, 2),
        }
    )
    said = json.loads(Entry.objects.get(pk=entry.pk).body)["detail"]
    assert said["huge"] == str(2**70)
    assert said["when"] == "2026-01-01T00:00:00.000000Z"
    assert said["amount"] == "1.10"
    assert said["set"] == ["a", "b"]
    assert said["nul"] == "a\ufffdb"


@pytest.mark.django_db(transaction=True)
def test_recording_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(NotInTransaction):
        record(action="test.write_entry", subject="thing:1", actor=ACTOR)


@pytest.mark.django_db
def test_an_entry_cannot_be_changed_through_its_model() -> None:
    entry = written()
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET body = body",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry_default",
        "TRUNCATE audit_seal",
        "TRUNCATE audit_checkpoint",
        "TRUNCATE audit_verification",
    ],
)
def test_the_owner_of_the_tables_is_refused_too(statement: str) -> None:
    written()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
