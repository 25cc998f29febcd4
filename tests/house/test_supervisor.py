"""`make run`: everything is started, nothing is left, and what is in the way is said."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.embedded.account import account_for_servers
from controlplane.embedded.datafolder import prepare
from controlplane.settings.model import PROJECT
from tests.servers import DataFolder, session_folder

READY = "Seneschal is ready: "


class Run:
    """A running `python -m controlplane.run` and what it has printed."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "controlplane.run"],
            cwd=PROJECT,
            env=_clean_environment(folder) | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def wait_until_ready(self) -> str:
        """Return the address, once it is printed; fail with what was said instead."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if line.startswith(READY):
                return line.removeprefix(READY).strip()
        raise AssertionError(self.said)

    def wait_until_ended(self) -> int:
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def folder() -> DataFolder:
    return prepare(session_folder().path / "run", account_for_servers())


@pytest.fixture
def runs(folder: DataFolder) -> Iterator[list[Run]]:
    """Runs that a test started; whatever it left is killed."""
    started: list[Run] = []
    yield started
    for run in started:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()
    for pid in processes_of(folder.path):
        os.kill(pid, signal.SIGKILL)


def processes_of(folder: Path) -> set[int]:
    """Return every process that works in *folder* or was told of it."""
    mark = os.fsencode(folder)
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                where = os.fsencode(os.readlink(entry / "cwd"))
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state != "Z" and (where.startswith(mark) or mark in told):
                found.add(int(entry.name))
    return found


def _clean_environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SENESCHAL_", "DATABASE_"))}
    kept.pop("REDIS_URL", None)
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return kept | {
        "SENESCHAL_DATA": str(folder),
        "SENESCHAL_PORT": "0",
        "SENESCHAL_DEMO": "false",
    }


def test_all_of_it_starts_answers_and_stops_leaving_no_process(
    folder: DataFolder, runs: list[Run]
) -> None:
    runs.append(Run(folder.path))
    address = runs[0].wait_until_ready()
    with urllib.request.urlopen(f"{address}/healthz/ready") as reply:
        checks = json.load(reply)["checks"]
    assert checks == dict.fromkeys(("database", "migrations", "redis", "worker", "beat"), "ok")

    second = Run(folder.path)
    assert second.wait_until_ended() == 1
    assert "already running" in second.said
    assert "Traceback" not in second.said

    runs[0].process.send_signal(signal.SIGINT)
    assert runs[0].wait_until_ended() == 0
    assert processes_of(folder.path) == set()


def test_after_a_kill_of_the_supervisor_nothing_stays_and_it_starts_again(
    folder: DataFolder, runs: list[Run]
) -> None:
    runs.append(Run(folder.path))
    runs[0].wait_until_ready()
    before = processes_of(folder.path)
    runs[0].process.kill()
    runs[0].process.wait()
    deadline = time.monotonic() + 20
    while processes_of(folder.path) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(before) >= 6
    assert processes_of(folder.path) == set()

    runs.append(Run(folder.path))
    runs[1].wait_until_ready()
    sys.stdout.write(f"second start: {time.monotonic() - runs[1].started:.1f} s\n")
    runs[1].process.send_signal(signal.SIGTERM)
    assert runs[1].wait_until_ended() == 0
    assert processes_of(folder.path) == set()


def test_a_crashed_worker_is_reported_and_started_again(
    folder: DataFolder, runs: list[Run]
) -> None:
    runs.append(Run(folder.path))
    runs[0].wait_until_ready()
    known = json.loads((folder.path / "children.json").read_text())
    worker = next(
        int(each.split(":")[0])
        for each in known
        if b"worker" in Path(f"/proc/{each.split(':')[0]}/cmdline").read_bytes()
    )
    os.kill(worker, signal.SIGKILL)
    assert runs[0].process.stdout is not None
    for line in runs[0].process.stdout:
        if "The worker process ended (signal SIGKILL)" in line:
            assert "Started again" in line
            break
    else:
        pytest.fail(runs[0].said)
    runs[0].process.send_signal(signal.SIGINT)
    assert runs[0].wait_until_ended() == 0


def test_a_taken_port_is_one_sentence(folder: DataFolder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = Run(folder.path, SENESCHAL_PORT=str(port))
        assert run.wait_until_ended() == 1
    assert f"Port {port} on 127.0.0.1 is taken by another program." in run.said
    assert f"SENESCHAL_PORT={port + 1}" in run.said
    assert "Traceback" not in run.said
    assert processes_of(folder.path) == set()


def test_a_wrong_setting_is_one_sentence(folder: DataFolder) -> None:
    run = Run(folder.path, SENESCHAL_PORT="eighty")
    assert run.wait_until_ended() == 1
    assert "SENESCHAL_PORT: Input should be a valid integer" in run.said
    assert "Traceback" not in run.said
