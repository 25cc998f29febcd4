"""Work that findings do by themselves: looking at what the audit book says of itself."""

from django.utils import timezone

from apps.core.actors import SystemActor
from apps.findings.services import measure_book
from apps.jobs.registry import Progress, handles, periodic
from apps.jobs.services import enqueue

LOOK = "findings.look_at_book"
ACTOR = SystemActor("findings.book")


@handles(LOOK)
@periodic(every=60)
def look_at_book(key: str, progress: Progress) -> None:
    """Open a finding when the chain of the audit book does not hold, close it when it does."""
    found = measure_book(at=timezone.now(), actor=ACTOR)
    broken = len(found.opened) + len(found.reopened) + found.still_open
    progress(1, 1, "The chain does not hold" if broken else "The chain holds as last verified")


def look_now(key: str) -> None:
    """Have it looked at now; the audit book announces that it does not hold."""
    enqueue(name=LOOK, key=f"at {key}", actor=ACTOR)
