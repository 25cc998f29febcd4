"""Jobs from being asked for to being done."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from apps.core.actors import SystemActor
from apps.core.errors import Refused, Unavailable
from apps.jobs import registry
from apps.jobs.models import Job, State
from apps.jobs.runner import drain
from apps.jobs.services import enqueue

ACTOR = SystemActor("test")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_handlers", {})
    monkeypatch.setattr("apps.jobs.services.queue.wake", lambda: None)
    yield


def test_a_job_is_done_and_says_how_far_it_came() -> None:
    seen = []

    @registry.handles("test.work")
    def work(key: str, progress: registry.Progress) -> None:
        seen.append(key)
        progress(3, 3, "three things")

    job = enqueue(name="test.work", key="a", actor=ACTOR)
    assert drain() == 1
    job.refresh_from_db()
    assert (seen, job.state, job.done, job.message) == (["a"], State.DONE, 3, "three things")
