"""Health endpoints probe what they claim: each is shown red by breaking the thing itself."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from controlplane import health
from controlplane.embedded.redis import RedisServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def healthy(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisCache]:
    """Everything is well, on a real Redis."""
    cache = RedisCache(redis_server.url, {"OPTIONS": {"socket_connect_timeout": 1}})
    monkeypatch.setattr(health, "cache", cache)
    monkeypatch.setattr(health, "_migrated", set())
    for name in (health.WORKER_BEAT, health.SCHEDULER_BEAT):
        health.record_heartbeat(name)
    yield cache
    cache.clear()


def checks(client: Client) -> tuple[int, dict[str, str]]:
    reply = client.get("/healthz/ready")
    assert "no-store" in reply["Cache-Control"]
    return reply.status_code, reply.json()["checks"]


def test_when_all_is_well_it_is_ready(client: Client, healthy: RedisCache) -> None:
    assert checks(client) == (200, dict.fromkeys(health.PROBES, "ok"))


def test_live_asks_nothing_of_others(client: Client, django_assert_num_queries: object) -> None:
    assert client.get("/healthz/live").json() == {"status": "live"}


def test_a_silent_worker_is_not_ready(client: Client, healthy: RedisCache) -> None:
    healthy.delete(health.WORKER_BEAT)
    status, found = checks(client)
    assert (status, found["worker"], found["beat"]) == (503, "never heard of", "ok")


def test_an_old_heartbeat_is_not_ready(
    client: Client, healthy: RedisCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "OLDEST_HEARTBEAT_SECONDS", -1.0)
    status, found = checks(client)
    assert status == 503
    assert found["beat"].startswith("silent for")


def test_a_migration_that_is_not_applied_is_not_ready(client: Client, healthy: RedisCache) -> None:
    recorder = MigrationRecorder(connection)
    app, name = "sessions", "0001_initial"
    recorder.record_unapplied(app, name)
    status, found = checks(client)
    assert (status, found["migrations"]) == (503, "1 to apply")


def test_a_read_only_database_is_not_ready(client: Client, healthy: RedisCache) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL default_transaction_read_only = on")
    status, found = checks(client)
    assert (status, found["database"]) == (503, "read-only")


def test_a_redis_that_is_away_is_not_ready_and_tells_no_address(
    client: Client, healthy: RedisCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        health,
        "cache",
        RedisCache("redis://:hidden@127.0.0.1:1/0", caches.settings["default"] | {"OPTIONS": {}}),
    )
    reply = client.get("/healthz/ready")
    assert reply.status_code == 503
    assert reply.json()["checks"]["redis"] == "ConnectionError"
    assert "hidden" not in reply.content.decode()
