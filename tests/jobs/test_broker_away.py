"""Redis may go: a change succeeds all the same, and its work is done when Redis is back."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from django.db import transaction

from apps.core.actors import SystemActor
from apps.jobs.models import Job, State
from apps.jobs.services import enqueue
from controlplane.embedded.ports import LOOPBACK
from controlplane.embedded.postgres import Cluster
from controlplane.embedded.roles import WORKER
from controlplane.grants import grant_runtime
from tests.jobs import killed_app
from tests.jobs.killing import Effects, Fleet, effects
from tests.servers import running_redis

ACTOR = SystemActor("test")
NOBODY_LISTENS = f"redis://{LOOPBACK}:9/0"


@pytest.fixture(autouse=True)
def own_registry() -> None:
    """What the workers can do, instead of what the other tests declare."""
    assert killed_app.app


@pytest.mark.django_db(transaction=True)
def test_a_change_succeeds_at_once_while_the_broker_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = Celery(broker=NOBODY_LISTENS, set_as_current=False)
    away.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    monkeypatch.setattr("celery.current_app", away)
    began = time.monotonic()
    with transaction.atomic():
        job = enqueue(name="killed.atomic", key="one", actor=ACTOR)
    assert time.monotonic() - began < 3, "whoever changes something does not wait for the broker"
    assert Job.objects.get(pk=job.pk).state == State.QUEUED


@pytest.mark.django_db(transaction=True)
def test_workers_do_what_was_asked_for_while_redis_was_away(
    control_cluster: Cluster, runtime_url: Callable[[str], str], tmp_path: Path
) -> None:
    grant_runtime()
    owner = control_cluster.url(database=settings.DATABASES["default"]["NAME"])
    with running_redis("redis-that-goes") as redis, effects(owner, WORKER) as seen:
        fleet = Fleet(runtime_url(WORKER), redis.url, tmp_path / "worker.log")
        fleet.start()
        try:
            _ask("before")
            _tick_until(fleet, seen, effects=1)
            redis.stop()
            _ask("meanwhile")
            time.sleep(2)  # the worker notices, and tries to reach it again
            redis.start()
            _tick_until(fleet, seen, effects=2)
        finally:
            fleet.kill()
        assert set(seen.of("atomic")) == {"before", "meanwhile"}, fleet.log.read_text()[-3000:]


def _ask(key: str) -> None:
    enqueue(name="killed.atomic", key=key, actor=ACTOR)


def _tick_until(fleet: Fleet, seen: Effects, *, effects: int) -> None:
    """Do as beat does until so much was done."""
    client, until = fleet.client(), time.monotonic() + 60
    while seen.count() < effects and time.monotonic() < until:
        client.send_task("jobs.tick", ignore_result=True, expires=5)
        time.sleep(0.5)
    client.close()
