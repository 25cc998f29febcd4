"""An audit book that does not hold is the worst finding there is, and stands where people look."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.audit import services as audit
from apps.audit.models import Verification
from apps.core.events import announce
from apps.findings import tasks
from apps.findings.models import Finding
from apps.findings.services import measure_book
from apps.identity.permissions import Role
from apps.jobs.models import Job
from tests.audit.conftest import Write, outside, signed_book, unguarded, write
from tests.people import TESTS, client_of, person

__all__ = ["outside", "signed_book", "unguarded", "write"]

pytestmark = pytest.mark.django_db


def verified(first: int, last: int, broken: int | None = None) -> None:
    """What a verification of the book left behind."""
    Verification.objects.create(
        at=timezone.now(),
        first=first,
        last=last,
        upto=timezone.now() - timedelta(seconds=1),
        broken=broken,
        reason="The hash does not follow from the one before." if broken else "",
    )


def look() -> None:
    measure_book(at=timezone.now(), actor=TESTS)


def test_a_chain_that_does_not_hold_is_a_critical_finding_until_it_holds() -> None:
    verified(1, 60)
    look()
    assert not Finding.objects.exists()
    verified(1, 62, broken=63)
    look()
    look()
    found = Finding.objects.get()
    assert (found.severity, found.is_open) == ("critical", True)
    assert "#63" in found.title
    verified(64, 80)
    look()
    assert Finding.objects.get().is_open, "what lies after the bad place says nothing about it"
    verified(1, 80)
    look()
    assert not Finding.objects.get().is_open


def test_one_changed_hash_becomes_the_finding_at_its_place(
    signed_book: None, write: Write, unguarded: None
) -> None:
    write(5)
    audit.seal(at=timezone.now(), actor=TESTS)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_seal SET hash = repeat('a', 64) WHERE seq = 63")
    assert audit.checkpoint(at=timezone.now(), actor=TESTS) is None
    look()
    found = Finding.objects.get()
    assert (found.severity, found.evidence["first bad place"]) == ("critical", 63)


def test_it_is_looked_at_when_the_book_announces_it(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.jobs.services.queue.wake", lambda: None)
    with django_capture_on_commit_callbacks(execute=True):
        announce("audit.chain_broken", "63")
    assert Job.objects.filter(name=tasks.LOOK).exists()
    verified(1, 62, broken=63)
    tasks.look_at_book("", lambda *told: None)
    assert Finding.objects.get().is_open


def test_it_stands_in_the_inbox_and_in_the_sidebar_of_who_may_read_the_book() -> None:
    verified(1, 62, broken=63)
    look()
    auditor, member = client_of(person("", Role.AUDITOR)), client_of(person("", Role.MEMBER))
    finding = Finding.objects.get()
    assert f"/findings/{finding.uuid}" in auditor.get("/inbox").content.decode()
    assert "does not hold" not in member.get("/inbox").content.decode()
    assert "The book does not hold" in auditor.get("/systems").content.decode()
    owner = client_of(person("", Role.OWNER))
    assert "The book does not hold" not in owner.get("/systems").content.decode()
