"""`make run`: everything is started, nothing is left, and what is in the way is said."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.embedded import processes
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
            preexec_fn=processes.die_with(os.getpid(), signal.SIGTERM),
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    def wait_for(self, words: str, seconds: float = 90.0) -> str:
        """Return the line with *words* once it is printed; fail with what was said instead."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and (self._reader.is_alive() or words in self.said):
            for line in self.said.splitlines(keepends=True):
                if words in line and line.endswith("\n"):
                    return line
            time.sleep(0.05)
        raise AssertionError(f"{words!r} was not said, but:\n{self.said}")

    def wait_until_ready(self) -> str:
        """Return the address."""
        return self.wait_for(READY).removeprefix(READY).strip()

    def wait_until_ended(self) -> int:
        """Return the exit code."""
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=5)
        return code


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


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "word"), [("worker", b"\0worker\0"), ("web", b"\0granian\0")])
def test_a_crashed_process_is_reported_and_started_again_and_its_children_are_gone(
    folder: DataFolder, runs: list[Run], name: str, word: bytes
) -> None:
    runs.append(Run(folder.path))
    address = runs[0].wait_until_ready()
    leader = leader_of(folder, word)
    children = processes_of_group(leader)
    os.kill(leader, signal.SIGKILL)
    line = runs[0].wait_for(f"The {name} process ended (signal SIGKILL)", seconds=20)
    assert "Started again" in line
    deadline = time.monotonic() + 20
    while any(map(processes.is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(processes.is_alive, children))
    wait_until_it_answers(address)
    runs[0].process.send_signal(signal.SIGINT)
    assert runs[0].wait_until_ended() == 0
    assert processes_of(folder.path) == set()


@pytest.mark.heavy
def test_what_outlived_everything_is_found_at_the_next_start(
    folder: DataFolder, runs: list[Run]
) -> None:
    runs.append(Run(folder.path))
    runs[0].wait_until_ready()
    leader = leader_of(folder, b"\0granian\0")
    orphans = processes_of_group(leader) - {processes.identity(leader)}
    runs[0].process.kill()
    os.kill(leader, signal.SIGKILL)
    runs[0].process.wait()
    assert all(map(processes.is_alive, orphans)), "nothing outlived it: this shows nothing"
    runs.append(Run(folder.path))
    runs[1].wait_for("a process of an earlier run")
    runs[1].wait_until_ready()
    assert not any(map(processes.is_alive, orphans))
    runs[1].process.send_signal(signal.SIGINT)
    assert runs[1].wait_until_ended() == 0


def leader_of(folder: DataFolder, word: bytes) -> int:
    """Return the pid of the process of the product whose command line has *word*."""
    known = json.loads((folder.path / "children.json").read_text())["leaders"]
    pids = [int(each.partition(":")[0]) for each in known]
    return next(pid for pid in pids if word in Path(f"/proc/{pid}/cmdline").read_bytes())


def processes_of_group(leader: int) -> set[str]:
    """Return the identities of all processes of the session that *leader* leads."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(pid) == leader and (known := processes.identity(pid)):
                found.add(known)
    return found


def wait_until_it_answers(address: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/healthz/live"):
            return
        time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


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


def test_a_redis_that_is_not_there_is_one_sentence(folder: DataFolder) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and listens not
        port = nobody.getsockname()[1]
        run = Run(folder.path, REDIS_URL=f"redis://:secret@127.0.0.1:{port}/0")
        assert run.wait_until_ended() == 1
    assert "Redis does not answer at REDIS_URL: " in run.said
    assert "secret" not in run.said
    assert "Traceback" not in run.said
    assert processes_of(folder.path) == set()
