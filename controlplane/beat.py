"""The scheduler of periodic work, which also tells that it is alive."""

import contextlib
import time

from django_celery_beat.schedulers import DatabaseScheduler

from controlplane.health import SCHEDULER_BEAT, record_heartbeat

HEARTBEAT_SECONDS = 5.0


class Scheduler(DatabaseScheduler):  # type: ignore[misc]  # it has no types
    """Celery's database scheduler with a heartbeat at every few seconds of ticking."""

    _told = 0.0

    def tick(self, *args: object, **kwargs: object) -> float:
        """Do what is due, then note that we are alive; return the seconds until the next tick."""
        wait: float = super().tick(*args, **kwargs)
        if time.monotonic() - self._told > HEARTBEAT_SECONDS:
            self._told = time.monotonic()
            with contextlib.suppress(Exception):  # a cache that is away must not end the schedule
                record_heartbeat(SCHEDULER_BEAT)
        return min(wait, HEARTBEAT_SECONDS)
