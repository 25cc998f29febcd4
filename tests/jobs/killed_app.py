"""What the killed workers load: the product's Celery with work whose effects can be counted.

`effect` has no constraint against doubles on purpose: a doubled effect is a second row.
"""

import os
import time

from celery import shared_task
from django.conf import settings
from django.db import connection

from apps.jobs.registry import Progress, handles
from controlplane.celery import app

__all__ = ["app"]

WORK_SECONDS = float(os.environ.get("KILLED_WORK_SECONDS", "0.02"))
TABLE = "CREATE TABLE effect (way text NOT NULL, key text NOT NULL)"
PLAIN = "INSERT INTO effect (way, key) VALUES (%s, %s)"
KEYED = (
    "INSERT INTO effect (way, key) SELECT %s, %s "
    "WHERE NOT EXISTS (SELECT FROM effect WHERE way = %s AND key = %s)"
)

if "KILLED_LEASE_SECONDS" in os.environ:
    settings.JOB_LEASE_SECONDS = float(os.environ["KILLED_LEASE_SECONDS"])


def add(way: str, key: str) -> None:
    """One effect, with some work before and after it, so that a kill can fall anywhere."""
    time.sleep(WORK_SECONDS / 2)
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [way, key])
    time.sleep(WORK_SECONDS / 2)


@handles("killed.atomic", attempts=50, atomic=True)
def atomic(key: str, progress: Progress) -> None:
    """An effect in our own database, in one transaction with the mark that it is done."""
    add("atomic", key)


@handles("killed.keyed", attempts=50)
def keyed(key: str, progress: Progress) -> None:
    """An effect elsewhere, which knows by its key what is done; of a key one runs at a time."""
    time.sleep(WORK_SECONDS / 2)
    with connection.cursor() as cursor:
        cursor.execute(KEYED, ["keyed", key, "keyed", key])
    time.sleep(WORK_SECONDS / 2)


@handles("killed.poison", attempts=3)
def poison(key: str, progress: Progress) -> None:
    """Work that takes its worker down with it."""
    os._exit(1)


@shared_task(name="bare.early", ignore_result=True, acks_late=False, reject_on_worker_lost=False)
def early(key: str) -> None:
    """The same effect as a task of Celery with its defaults: acknowledged before it is done."""
    add("bare, acknowledged early", key)


@shared_task(name="bare.late", ignore_result=True, acks_late=True, reject_on_worker_lost=True)
def late(key: str) -> None:
    """The same effect as a task of Celery, acknowledged after it is done."""
    add("bare, acknowledged late", key)
