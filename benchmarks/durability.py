"""R1: what kill -9 of workers loses and doubles: our jobs, and bare Celery over Redis.

`python -m benchmarks.durability [jobs] [kills]`, 1,000 jobs and 10 kills by default, for each way:

- jobs as rows, the effect in one transaction with the mark that it is done;
- jobs as rows, an effect that knows by its key what is done already;
- tasks of Celery with its defaults, acknowledged before they are done;
- tasks of Celery, acknowledged after they are done and given back when a worker is lost.

The same fleet of real workers is killed as a group at random instants, in the middle of work, and
started again. A way is through when nothing more happens for half a minute.
"""

import os
import random
import sys
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

from benchmarks.durable import PASSWORD, durable_database
from benchmarks.harness import report

QUIET_SECONDS = 30.0
VERSIONS = ["django", "celery", "redis", "psycopg"]


def main() -> None:
    """Run the four ways, print what each lost and doubled, and exit 1 when ours did either."""
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    django.setup()
    from controlplane.grants import grant_runtime
    from tests.servers import running_redis

    with durable_database() as cluster, running_redis() as redis:
        grant_runtime()
        run = _Run(cluster, redis, jobs, kills)
        rows = [
            *run.way("atomic", _enqueue("killed.atomic"), promised=True),
            *run.way("keyed", _enqueue("killed.keyed"), promised=True),
            *run.way("bare, acknowledged early", _send("bare.early"), promised=False),
            *run.way("bare, acknowledged late", _send("bare.late"), promised=False),
        ]
        kept = report(f"R1 durability, {jobs} jobs, {kills} kills", rows, versions=VERSIONS)
    sys.exit(0 if kept else 1)


class _Run:
    """One fleet, on one database and one broker."""

    def __init__(self, cluster: Any, redis: Any, jobs: int, kills: int) -> None:
        from django.conf import settings

        from controlplane.embedded.roles import WORKER

        name = settings.DATABASES["default"]["NAME"]
        self.owner = cluster.url(database=name)
        self.role = WORKER
        self.database = cluster.url(user=WORKER, password=PASSWORD, database=name)
        self.redis = redis.url
        self.jobs, self.kills = jobs, kills

    def way(
        self, name: str, ask: Callable[[Any, str], None], *, promised: bool
    ) -> list[tuple[str, str, str, bool]]:
        """What this way loses and doubles, each as a line of the report."""
        from tests.jobs.killing import Fleet, effects, run_and_kill
        from tests.servers import session_folder

        fleet = Fleet(self.database, self.redis, session_folder().log("fleet"))
        keys = [str(number) for number in range(self.jobs)]
        client = fleet.client()
        with effects(self.owner, self.role) as seen:
            for key in keys:
                ask(client, key)
            seconds = run_and_kill(
                fleet,
                seen,
                kills=self.kills,
                finished=lambda: len(seen.of(name)) == self.jobs and fleet.kills == self.kills,
                rng=random.Random(),
                patience=QUIET_SECONDS,
            )
            found = seen.of(name)
        client.close()
        lost = sum(1 for key in keys if not found[key])
        doubled = sum(times - 1 for times in found.values())
        wanted = "0" if promised else "as measured"
        return [
            (f"{name}: killed", str(self.kills), str(fleet.kills), fleet.kills == self.kills),
            (f"{name}: not done", wanted, str(lost), lost == 0 or not promised),
            (f"{name}: done twice", wanted, str(doubled), doubled == 0 or not promised),
            (f"{name}: seconds", "as measured", f"{seconds:.0f}", True),
        ]


def _enqueue(name: str) -> Callable[[Any, str], None]:
    def ask(_client: Any, key: str) -> None:
        from apps.core.actors import SystemActor
        from apps.jobs.services import enqueue

        enqueue(name=name, key=key, actor=SystemActor("bench"))

    return ask


def _send(name: str) -> Callable[[Any, str], None]:
    def ask(client: Any, key: str) -> None:
        client.send_task(name, args=[key], ignore_result=True)

    return ask


if __name__ == "__main__":
    main()
