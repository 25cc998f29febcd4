"""A book with entries in it, and folders of its own for what is kept outside the database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.audit import services
from apps.audit.signing import Storage, storage
from apps.core.actors import SystemActor
from tests.book import LIFT, RESTORE

ACTOR = SystemActor("test")

Write = Callable[[int], None]


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, settings: object) -> Storage:
    """Where this test's key and checkpoints are."""
    settings.AUDIT_KEY = f"file:{tmp_path / 'keys' / 'audit.pem'}"  # type: ignore[attr-defined]
    folders = [tmp_path / "checkpoints", tmp_path / "copies"]
    settings.AUDIT_CHECKPOINT_FOLDERS = folders  # type: ignore[attr-defined]
    return storage()


@pytest.fixture
def write(db: None) -> Write:
    """Write so many entries, each in a transaction of its own."""

    def several(count: int) -> None:
        for number in range(count):
            with transaction.atomic():
                services.record(
                    action="test.write_entry",
                    subject=f"thing:{number % 7}",
                    actor=ACTOR,
                    detail={"number": number, "text": f"Entry nº {number}"},
                )

    return several


@pytest.fixture
def signed_book(write: Write) -> None:
    """A sealed book of 60 entries with checkpoints at #20, #40 and #60."""
    for _ in range(3):
        write(20)
        assert services.checkpoint(at=timezone.now(), actor=ACTOR)


@pytest.fixture
def unguarded(db: None) -> Iterator[None]:
    """The triggers lifted, as only the owner of the tables can."""
    with connection.cursor() as cursor:
        cursor.execute(LIFT)
    yield
    with connection.cursor() as cursor:
        cursor.execute(RESTORE)
