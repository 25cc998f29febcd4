"""The product's own processes (web, worker, beat): how each is started, and kept running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from controlplane.embedded import processes
from controlplane.embedded.complaints import sentence_from
from controlplane.embedded.datafolder import DataFolder
from controlplane.settings.model import PROJECT, Settings

MOST_RESTARTS = 5
WITHIN_SECONDS = 600.0


@dataclass(slots=True)
class Child:
    """One process of the product; it writes to a log of its own."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it; what an earlier one left of its own children is ended first."""
        if self.process is not None:
            processes.kill_group(self.process.pid)
        self.starts.append(time.monotonic())
        self.process = processes.spawn(self.command, log=self.log, env=self.env, cwd=PROJECT)

    @property
    def has_ended(self) -> bool:
        """Whether it was started and is gone."""
        return self.process is not None and self.process.poll() is not None

    @property
    def may_restart(self) -> bool:
        """Whether it has not yet ended too often to be worth another try."""
        since = time.monotonic() - WITHIN_SECONDS
        return sum(start > since for start in self.starts) <= MOST_RESTARTS

    def last_words(self) -> str:
        """Return a sentence on how it ended."""
        code = self.process.returncode if self.process else 0
        how = f"exit code {code}"
        if code < 0:
            how = f"signal {signal.Signals(-code).name}"
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 20_000))
            said = sentence_from(log.read().decode(errors="replace"), self.log.parent)
        return f"The {self.name} process ended ({how}): {said}"

    def ask_to_stop(self) -> None:
        """Send the polite signal, without waiting."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Wait until it has stopped, less politely after some seconds."""
        if self.process is not None:
            processes.stop(self.process, signal.SIGTERM, signal.SIGQUIT, patience=8.0)
            self.process = None


def children(
    settings: Settings, folder: DataFolder, port: int, env: Mapping[str, Mapping[str, str]]
) -> list[Child]:
    """Return web, worker and beat, not yet started; *env* holds the environment of each."""
    commands = {
        "web": _web(settings, port),
        "worker": _celery(
            "worker",
            f"--concurrency={settings.worker_processes}",
            "--without-mingle",
            "--without-gossip",
        ),
        "beat": _celery("beat", "--pidfile="),
    }
    return [
        Child(name=name, command=command, env=env[name], log=folder.log(name))
        for name, command in commands.items()
    ]


def run_command(*arguments: str, env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start `manage.py` with *arguments*; its standard error goes to *log*, its output to us."""
    command = [sys.executable, str(PROJECT / "manage.py"), *arguments]
    return processes.spawn(command, log=log, env=env, cwd=PROJECT, capture=True)


def environment(process: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Return our environment with SENESCHAL_PROCESS and *extra*."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "SENESCHAL_PROCESS": process, **extra}


def _web(settings: Settings, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", settings.host, "--port", str(port)),
        *("--workers", str(settings.web_processes), "--respawn-failed-workers"),
        *("--blocking-threads", str(settings.web_threads)),
        *("--log-level", "warning"),
        "controlplane.wsgi:application",
    ]


def _celery(*arguments: str) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "-A", "controlplane.celery"),
        "--skip-checks",  # `make check` runs them; here they would only load every page
        *arguments,
        "--loglevel=WARNING",
    ]
