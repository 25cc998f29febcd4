"""What must be so before anything is started: folder, space and port free, a given Redis there."""

import fcntl
import os
import shutil
from pathlib import Path
from typing import IO

import redis

from controlplane.embedded import ports
from controlplane.embedded.failures import EmbeddedFailure

LEAST_FREE_BYTES = 300_000_000
REDIS_SECONDS = 5.0


def claim_folder(folder: Path) -> IO[str]:
    """Lock *folder* for this process; the lock lasts until the file returned is closed.

    Raises EmbeddedFailure when another process holds it.
    """
    lock = (folder / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        pid = lock.read().strip() or "unknown"
        lock.close()
        raise EmbeddedFailure(
            f"Seneschal is already running on {folder} (process {pid}). "
            "Stop it first, or set SENESCHAL_DATA to another folder."
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def require_space(folder: Path) -> None:
    """Raise EmbeddedFailure when the disk that holds *folder* is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise EmbeddedFailure(
            f"The disk that holds {folder} is nearly full ({free // 1_000_000} MB left, "
            f"{LEAST_FREE_BYTES // 1_000_000} MB needed). Free some space, or set "
            "SENESCHAL_DATA to a folder on another disk."
        )


def claim_port(host: str, wanted: int) -> int:
    """Return the port to listen on: *wanted*, or any free one for 0.

    Raises EmbeddedFailure when it is taken.
    """
    port = wanted or ports.any_free_port()
    if not ports.is_free(port, host):
        raise EmbeddedFailure(
            f"Port {port} on {host} is taken by another program. "
            f"Stop it, or choose another port: SENESCHAL_PORT={port + 1} make run"
        )
    return port


def require_redis(url: str) -> None:
    """Raise EmbeddedFailure when a Redis that was given to us does not answer."""
    given = redis.Redis.from_url(
        url, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS
    )
    try:
        given.ping()
    except redis.RedisError as error:
        raise EmbeddedFailure(
            f"Redis does not answer at REDIS_URL: {str(error).rstrip('.')}. "
            "Start it there, or leave REDIS_URL out to have one started."
        ) from None
    finally:
        given.close()
