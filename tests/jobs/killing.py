"""A fleet of real workers that is killed (kill -9) at random instants and started again."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from celery import Celery
from django.conf import settings

from tests.jobs.killed_app import TABLE

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "celery", "-A", "tests.jobs.killed_app", "worker"]
OPTIONS = ["--concurrency=2", "--loglevel=ERROR", "--without-mingle", "--without-gossip"]
SECONDS_BETWEEN_TICKS = 0.5


@dataclass
class Fleet:
    """One worker with two processes, as the product starts it, on this database and broker."""

    database: str
    redis: str
    log: Path
    process: subprocess.Popen[bytes] | None = None
    kills: int = 0

    def start(self) -> None:
        """Start the worker in a process group of its own."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, *OPTIONS],
                cwd=PROJECT,
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill the whole process group at once: nothing can be tidied up."""
        assert self.process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def client(self) -> Celery:
        """What sends messages to the workers, as the web process and beat do."""
        client = Celery(broker=self.redis)
        client.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        return client

    def _environment(self) -> Mapping[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "DJANGO_SETTINGS_MODULE": "controlplane.settings",
            "DATABASE_URL": self.database,
            "REDIS_URL": self.redis,
            "SENESCHAL_PROCESS": "worker",
            "SENESCHAL_SECRET_KEY": settings.SECRET_KEY,
            "SENESCHAL_DATA": os.environ["SENESCHAL_DATA"],
            "SENESCHAL_LOG_LEVEL": "ERROR",
            "KILLED_LEASE_SECONDS": "2",
            "C_FORCE_ROOT": "1",
        }


@dataclass
class Effects:
    """The effects that there are, seen from outside of Django."""

    owner: psycopg.Connection[tuple[object, ...]]

    def count(self) -> int:
        """How many there are."""
        row = self.owner.execute("SELECT count(*) FROM effect").fetchone()
        return int(str(row[0])) if row else 0

    def of(self, way: str) -> Counter[str]:
        """How often each key was done in this way."""
        rows = self.owner.execute("SELECT key FROM effect WHERE way = %s", [way])
        return Counter(str(key) for (key,) in rows)


@contextlib.contextmanager
def effects(owner: str, role: str) -> Iterator[Effects]:
    """A table of effects to which `role` may add."""
    with psycopg.connect(owner, autocommit=True) as conn:
        conn.execute("DROP TABLE IF EXISTS effect")
        conn.execute(TABLE)
        conn.execute(f'GRANT SELECT, INSERT ON effect TO "{role}"')
        try:
            yield Effects(conn)
        finally:
            conn.execute("DROP TABLE effect")


def run_and_kill(
    fleet: Fleet,
    seen: Effects,
    *,
    kills: int,
    finished: Callable[[], bool],
    rng: random.Random,
    patience: float,
) -> float:
    """Start the fleet, kill it `kills` times in the middle of work, and wait until `finished`.

    Returns the seconds that it took; gives up after `patience` seconds without an effect.
    """
    client, began = fleet.client(), time.monotonic()
    fleet.start()
    last, before, ticked = began, seen.count(), 0.0
    kill_at: float | None = None
    while not finished():
        now = time.monotonic()
        if now - ticked > SECONDS_BETWEEN_TICKS:
            client.send_task("jobs.tick", ignore_result=True, expires=5)
            ticked = now
        count = seen.count()
        if count != before:
            last, before = now, count
            if kill_at is None and fleet.kills < kills:
                kill_at = now + rng.uniform(0, 1)
        if kill_at is not None and now >= kill_at:
            fleet.kill()
            fleet.start()
            last, kill_at = time.monotonic(), None
        if now - last > patience:
            break
        time.sleep(0.02)
    taken = time.monotonic() - began
    fleet.kill()
    fleet.kills -= 1
    client.close()
    return taken
