"""The book through REST: read by who may, narrowed, and handed out."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.audit import services
from apps.audit.models import Entry
from apps.audit.signing import Storage
from apps.core.actors import SystemActor
from apps.identity.permissions import Role
from cli import seneschal_verify
from tests.audit.conftest import Write
from tests.people import client_of, person

ACTOR = SystemActor("test")
pytestmark = pytest.mark.django_db
ENTRIES = "/api/v1/audit/entries"


@pytest.fixture
def auditor() -> APIClient:
    return client_of(person("Ada", Role.AUDITOR))


def found(client: APIClient, **search: object) -> list[dict[str, object]]:
    response = client.get(ENTRIES, search)
    assert response.status_code == 200, response.content
    results: list[dict[str, object]] = response.json()["results"]
    return results


def test_entries_are_listed_newest_first_with_their_place(auditor: APIClient, write: Write) -> None:
    write(3)
    services.seal(at=timezone.now(), actor=ACTOR)
    write(1)
    rows = found(auditor, what="test.*")
    assert [row["subject"] for row in rows] == ["thing:0", "thing:2", "thing:1", "thing:0"]
    assert rows[0]["seq"] is None
    assert [row["seq"] for row in rows[1:]] == sorted(
        (row["seq"] for row in rows[1:]), reverse=True
    )


@pytest.mark.parametrize(
    ("search", "subjects"),
    [
        ({"on": "thing:1"}, {"thing:1"}),
        ({"on": "thing:1,thing:2"}, {"thing:1", "thing:2"}),
        ({"on": "thing:*", "not_on": "thing:0, thing:1"}, {f"thing:{n}" for n in range(2, 7)}),
        ({"what": "test.write_entry", "not_who": "system:test"}, set()),
        ({"who": "system:te*"}, {f"thing:{n}" for n in range(7)}),
        ({"who": "system:te_t"}, set()),
        ({"since": "2999-01-01"}, set()),
        ({"until": "2000-01-01T00:00:00+02:00"}, set()),
    ],
)
def test_what_is_included_and_excluded(
    auditor: APIClient, write: Write, search: dict[str, str], subjects: set[str]
) -> None:
    write(14)
    rows = [row for row in found(auditor, **search) if row["actor"] == "system:test"]
    assert {row["subject"] for row in rows} == subjects


@pytest.mark.parametrize(
    ("search", "field"),
    [
        ({"who": "a*b"}, "who"),
        ({"since": "yesterday"}, "since"),
        ({"whom": "x"}, "whom"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_what_cannot_be_understood_is_named(
    auditor: APIClient, search: dict[str, str], field: str
) -> None:
    response = auditor.get(ENTRIES, search)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_pages_follow_one_another_without_gap(auditor: APIClient, write: Write) -> None:
    write(25)
    seen: list[object] = []
    url = f"{ENTRIES}?what=test.*&limit=10"
    while url:
        page = auditor.get(url).json()
        seen += [row["uuid"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 25


def test_one_entry_says_all_that_it_says(auditor: APIClient, write: Write) -> None:
    write(1)
    entry = Entry.objects.get(action="test.write_entry")
    row = auditor.get(f"{ENTRIES}/{entry.uuid}").json()
    assert row["detail"] == {"number": 0, "text": "Entry nº 0"}
    assert datetime.fromisoformat(row["at"]) == entry.at


def test_the_state_tells_how_far_the_book_holds(auditor: APIClient, signed_book: None) -> None:
    state = auditor.get("/api/v1/audit/state").json()
    assert state["intact"] is True
    assert state["sealed"] == state["verified"] == state["checkpoint"]["seq"] > 60


def test_an_export_verifies_offline_and_is_written_down(
    auditor: APIClient, signed_book: None, outside: Storage, tmp_path: Path
) -> None:
    count = auditor.get("/api/v1/audit/export", {"on": "thing:1"}).json()["entries"]
    response = auditor.post("/api/v1/audit/export", {"on": "thing:1"}, format="json")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/jsonl"
    file = tmp_path / "book.jsonl"
    file.write_bytes(b"".join(response.streaming_content))  # type: ignore[arg-type]
    header = json.loads(file.read_bytes().splitlines()[0])
    assert header["entries"] == count == 9
    folder = str(outside.folders[1])
    arguments = [str(file), "--checkpoints", folder, "--key", str(outside.public)]
    assert seneschal_verify.main(arguments) == 0
    entry = Entry.objects.get(action="audit.export_entries")
    assert entry.actor == "user:ada@example.org"


def test_an_export_of_nothing_is_refused_with_the_reason(auditor: APIClient) -> None:
    response = auditor.post("/api/v1/audit/export", {"who": "user:ghost"}, format="json")
    assert response.status_code == 422
    assert "nothing to export" in response.json()["detail"]


def test_a_steward_reads_the_book_and_does_not_take_it_away() -> None:
    steward = client_of(person("Stella", Role.STEWARD))
    assert steward.get(ENTRIES).status_code == 200
    assert steward.post("/api/v1/audit/export", {}, format="json").status_code == 403


def test_an_instant_is_told_in_utc(auditor: APIClient, write: Write) -> None:
    write(1)
    at = str(found(auditor, what="test.*")[0]["at"])
    assert at.endswith("Z")
    assert datetime.fromisoformat(at).tzinfo == UTC
