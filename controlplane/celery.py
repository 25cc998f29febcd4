"""The Celery application: it carries keys to workers, PostgreSQL carries the state."""

import contextlib
import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from celery import Celery, signals
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")

from django.apps import apps

app = Celery("seneschal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)  # a task knows the request that caused it


@app.on_after_finalize.connect
def schedule_periodic_work(sender: Celery, **_: Any) -> None:
    """Gather each app's `tasks.SCHEDULE`: name → what Celery calls a beat entry."""
    for config in apps.get_app_configs():
        if config.name.startswith("apps.") and find_spec(f"{config.name}.tasks"):
            tasks = import_module(f"{config.name}.tasks")
            sender.conf.beat_schedule.update(getattr(tasks, "SCHEDULE", {}))


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Leave logging as Django's settings made it; Celery would replace it otherwise."""


@signals.heartbeat_sent.connect
def note_heartbeat(**_: Any) -> None:
    """Tell the health endpoint that this worker consumes."""
    from controlplane.health import WORKER_BEAT, record_heartbeat

    with contextlib.suppress(Exception):  # a cache that is away must not end the worker
        record_heartbeat(WORKER_BEAT)
