"""Health endpoints: each probe asks the thing itself, none assumes."""

import time
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

WORKER_BEAT = "heartbeat:worker"
SCHEDULER_BEAT = "heartbeat:beat"
OLDEST_HEARTBEAT_SECONDS = 60.0


class Unhealthy(Exception):
    """What a probe found wrong, in a few words without addresses or secrets."""


@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Answer: the process is up and serves requests."""
    return JsonResponse({"status": "live"})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Answer whether everything that a request may need works; 503 when one thing does not."""
    found = {name: outcome_of(name) for name in PROBES}
    healthy = all(outcome == "ok" for outcome in found.values())
    status = "ready" if healthy else "not ready"
    return JsonResponse({"status": status, "checks": found}, status=200 if healthy else 503)


def record_heartbeat(name: str) -> None:
    """Note that *name* is alive now."""
    cache.set(name, time.time(), timeout=int(10 * OLDEST_HEARTBEAT_SECONDS))


def outcome_of(name: str) -> str:
    """Return `ok`, or in a few words what the probe *name* found wrong."""
    try:
        PROBES[name]()
    except Unhealthy as problem:
        return str(problem)
    except Exception as error:  # a probe that fails in an unforeseen way is a failed probe
        return type(error).__name__
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only')"
        )
        in_recovery, read_only = cursor.fetchone()
    if in_recovery or read_only == "on":
        raise Unhealthy("read-only")


_migrated: set[str] = set()


def _migrations() -> None:
    if "yes" in _migrated:  # they are never unapplied beneath a running process
        return
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise Unhealthy(f"{len(waiting)} to apply")
    _migrated.add("yes")


def _cache() -> None:
    token = str(time.time_ns())
    cache.set("health:echo", token, timeout=60)
    if cache.get("health:echo") is None:
        raise Unhealthy("it forgets")


def _heartbeat_of(name: str) -> Callable[[], None]:
    def probe() -> None:
        last = cache.get(name)
        if last is None:
            raise Unhealthy("never heard of")
        age = time.time() - float(last)
        if age > OLDEST_HEARTBEAT_SECONDS:
            raise Unhealthy(f"silent for {age:.0f} s")

    return probe


PROBES: dict[str, Callable[[], None]] = {
    "database": _database,
    "migrations": _migrations,
    "redis": _cache,
    "worker": _heartbeat_of(WORKER_BEAT),
    "beat": _heartbeat_of(SCHEDULER_BEAT),
}
