"""The trail as people see it."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit import services
from apps.audit.models import Entry
from apps.core.actors import SystemActor
from apps.identity.permissions import Role
from tests.audit.conftest import Write
from tests.people import person

ACTOR = SystemActor("test")
pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor() -> Client:
    client = Client()
    client.force_login(person("Ada", Role.AUDITOR))
    return client


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return response.content.decode()


def test_the_trail_tells_in_sentences_who_did_what(auditor: Client, signed_book: None) -> None:
    shown = page(auditor, "/audit")
    assert "chain verified to" in shown
    assert "Seneschal (test) wrote entry" in shown
    assert "#60" in shown


def test_filters_are_chips_that_can_be_taken_away(auditor: Client, write: Write) -> None:
    write(8)
    shown = page(auditor, "/audit?on=thing:1,thing:2&not_who=user:*")
    assert "2 of" in shown
    assert "?on=thing%3A2&amp;not_who=user%3A%2A" in shown


def test_a_new_filter_is_added_to_the_address(auditor: Client) -> None:
    response = auditor.get("/audit?on=a:1&word=on&sign=out&pattern=b:*")
    assert response.status_code == 302
    assert response["Location"] == "/audit?on=a%3A1&not_on=b%3A%2A"


def test_one_entry_shows_its_change_and_its_place_in_the_chain(auditor: Client) -> None:
    from django.db import transaction

    with transaction.atomic():
        services.record(
            action="access.end_grant",
            subject="grant:G-12",
            actor=ACTOR,
            before={"state": "in force"},
            after={"state": "ended", "reason": "<b>not needed</b>"},
        )
    services.checkpoint(at=timezone.now(), actor=ACTOR)
    entry = Entry.objects.get(action="access.end_grant")
    shown = page(auditor, f"/audit?event={entry.uuid}")
    assert "ended grant" in shown
    assert "&lt;b&gt;not needed&lt;/b&gt;" in shown
    assert f"{entry.seal.hash[:4]}…{entry.seal.hash[-4:]}" in shown
    assert "Under checkpoint" in shown


def test_an_entry_that_is_not_there_is_not_found(auditor: Client) -> None:
    missing = "/audit?event=00000000-0000-4000-8000-000000000000"
    assert auditor.get(missing).status_code == 404
    assert auditor.get("/audit?event=x").status_code == 404


def test_a_broken_chain_is_the_first_thing_one_sees(
    auditor: Client, signed_book: None, unguarded: None
) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_seal WHERE seq = 30")
    services.verify(at=timezone.now(), actor=ACTOR, whole=True)
    assert "The chain does not hold at #30" in page(auditor, "/audit")


def test_an_export_says_how_much_before_it_gives_it(
    auditor: Client, signed_book: None, tmp_path: Path
) -> None:
    shown = page(auditor, "/audit/export?on=thing:1")
    assert "Export 9 entries" in shown
    response = auditor.post("/audit/export?on=thing:1")
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    assert b'"entries":9' in b"".join(response.streaming_content)  # type: ignore[arg-type]


def test_the_public_key_can_be_taken_along(auditor: Client, signed_book: None) -> None:
    assert page(auditor, "/audit/key.pem").startswith("-----BEGIN PUBLIC KEY-----")


def test_earlier_pages_begin_where_this_one_ends(auditor: Client, write: Write) -> None:
    write(60)
    first = page(auditor, "/audit?what=test.*")
    assert "before=" in first
    last = Entry.objects.filter(action="test.write_entry").order_by("-id")[49]
    shown = page(auditor, f"/audit?what=test.*&before={last.pk}")
    assert shown.count('class="s-events__time"') == 10
