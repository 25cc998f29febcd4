"""Workers that are killed at random instants lose no job and double no effect."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from apps.core.actors import SystemActor
from apps.jobs.models import Job, State
from apps.jobs.services import enqueue
from controlplane.embedded.postgres import Cluster
from controlplane.embedded.redis import RedisServer
from controlplane.embedded.roles import WORKER
from controlplane.grants import grant_runtime
from tests.jobs import killed_app
from tests.jobs.killing import Effects, Fleet, effects, run_and_kill
from tests.servers import sized

JOBS, KILLS = sized(60, 2000), sized(1, 25)
POISON = max(JOBS // 100, 1)
ACTOR = SystemActor("test")


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the workers can do, instead of what the other tests declare."""
    assert killed_app.app
    monkeypatch.setattr("apps.jobs.services.queue.wake", lambda: None)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_and_nothing_is_done_twice(
    control_cluster: Cluster,
    runtime_url: Callable[[str], str],
    redis_server: RedisServer,
    tmp_path: Path,
) -> None:
    grant_runtime()
    keys = [str(number) for number in range(JOBS // 2)]
    for key in keys:
        enqueue(name="killed.atomic", key=key, actor=ACTOR)
        enqueue(name="killed.keyed", key=key, actor=ACTOR)
    for number in range(POISON):
        enqueue(name="killed.poison", key=str(number), actor=ACTOR)
    fleet = Fleet(runtime_url(WORKER), redis_server.url, tmp_path / "worker.log")
    owner = control_cluster.url(database=settings.DATABASES["default"]["NAME"])

    with effects(owner, WORKER) as seen:
        run_and_kill(
            fleet, seen, kills=KILLS, finished=_all_ended, rng=random.Random(), patience=90
        )
        assert fleet.kills == KILLS, "the workers were killed while they worked"
        _expect_each_once(seen, keys, (tmp_path / "worker.log").read_text()[-3000:])
    mine = Job.objects.filter(name__startswith="killed.")
    good = mine.exclude(name="killed.poison")
    assert set(good.values_list("state", flat=True)) == {State.DONE}
    assert good.filter(attempts__gt=1).exists(), "at least one job was cut off and done again"
    for job in mine.filter(name="killed.poison"):
        assert job.state == State.QUARANTINED
        assert job.error == "The worker died while doing this (attempt 3 of 3)."


def _all_ended() -> bool:
    """Nothing of ours waits or runs; the product's periodic work does not count."""
    active = Job.objects.filter(state__in=[State.QUEUED, State.RUNNING])
    return not active.filter(name__startswith="killed.").exists()


def _expect_each_once(seen: Effects, keys: list[str], log: str) -> None:
    for way in ("atomic", "keyed"):
        found = seen.of(way)
        assert {key for key in keys if not found[key]} == set(), f"{way}: lost\n{log}"
        assert {key for key, times in found.items() if times > 1} == set(), f"{way}: doubled"
