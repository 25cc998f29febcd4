"""The embedded servers when something is in their way."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from controlplane import claims
from controlplane.embedded import datafolder, processes, programs
from controlplane.embedded.account import account_for_servers
from controlplane.embedded.complaints import sentence_from
from controlplane.embedded.datafolder import default_path, prepare
from controlplane.embedded.failures import EmbeddedFailure
from controlplane.embedded.postgres import DISPOSABLE, LONGEST_SOCKET_PATH, Cluster
from controlplane.settings.model import PROJECT
from tests.servers import session_folder


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """A cluster that exists and does not run."""
    folder, account = session_folder(), account_for_servers()
    made = Cluster(
        name="lonely",
        folder=folder.path / "lonely",
        programs=programs.wheel_postgres(account, folder.programs),
        account=account,
        password="it is a secret: %/@",
        log=folder.log("lonely"),
        tuning=DISPOSABLE,
    )
    made.create()
    return made


def test_a_stale_pid_file_of_a_process_that_is_somebody_elses_is_no_obstacle(
    cluster: Cluster,
) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        lines = [str(stranger.pid), str(cluster.data), "1700000000", "5432", "", "127.0.0.1", ""]
        (cluster.data / "postmaster.pid").write_text("\n".join(lines))
        cluster.start()
        cluster.stop()
        assert stranger.poll() is None, "the stranger was harmed"
        stranger.kill()


def test_a_server_that_outlived_its_run_is_stopped_before_the_next(cluster: Cluster) -> None:
    cluster.start()
    orphan = cluster.process
    assert orphan is not None
    cluster.process = None
    cluster.start()
    try:
        assert orphan.wait(timeout=10) == 0
        assert cluster.connect().execute("SELECT 1").fetchone() == (1,)
    finally:
        cluster.stop()


def test_a_port_that_was_taken_is_replaced_unless_others_know_it(
    cluster: Cluster,
) -> None:
    cluster.start()
    cluster.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", cluster.port))
        taken.listen()
        before = cluster.port
        with pytest.raises(EmbeddedFailure, match=f"Port {before}, .* is taken"):
            replace(cluster, keeps_port=True).start()
        cluster.start()
        assert cluster.port != before
        cluster.stop()


def test_the_servers_end_with_the_process_that_started_them(cluster: Cluster) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tests.house.test_embedded import *\n"
        "account = account_for_servers(); folder = prepare(Path(sys.argv[1]), account)\n"
        "programs = programs.wheel_postgres(account, folder.programs); log = folder.log('l')\n"
        "c = Cluster('lonely', folder.path / 'lonely', programs, account, sys.argv[2], log)\n"
        "c.start(); print(c.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(session_folder().path), cluster.password],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    known = processes.identity(int(done.stdout))
    deadline = time.monotonic() + 10
    while known is not None and processes.is_alive(known) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert known is None or not processes.is_alive(known)


def test_data_of_another_version_is_refused_with_what_to_do(cluster: Cluster) -> None:
    marker = cluster.data / "PG_VERSION"
    marker.write_text("17\n")
    try:
        with pytest.raises(EmbeddedFailure, match="made by PostgreSQL 17, but this is 18"):
            cluster.start()
    finally:
        marker.write_text("18\n")


def test_an_interrupted_creation_begins_again(cluster: Cluster) -> None:
    half = cluster.folder.with_name("half")
    other = Cluster(
        name="half",
        folder=half,
        programs=cluster.programs,
        account=cluster.account,
        password="secret",
        log=cluster.log,
    )
    (half / "data.new" / "base").mkdir(parents=True)
    other.create()
    assert not other.is_new
    assert not (half / "data.new").exists()
    assert not (half / "superuser.pw").exists()


def test_a_full_disk_is_said_as_such() -> None:
    said = (
        "2026-01-01 LOG:  starting\n"
        'FATAL:  could not write lock file "postmaster.pid": No space left on device\n'
    )
    assert sentence_from(said, Path("/data")) == (
        "the disk that holds /data is full. Free some space and start again."
    )


def test_a_nearly_full_disk_is_refused_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(claims, "LEAST_FREE_BYTES", 10**18)
    with pytest.raises(EmbeddedFailure, match="is nearly full"):
        claims.require_space(tmp_path)


def test_a_socket_path_that_would_be_too_long_is_left_out(cluster: Cluster) -> None:
    deep = cluster.folder.with_name("d" * LONGEST_SOCKET_PATH)
    other = Cluster(
        name="deep",
        folder=deep,
        programs=cluster.programs,
        account=cluster.account,
        password="secret",
        log=cluster.log,
        tuning=DISPOSABLE,
    )
    other.start()
    try:
        with psycopg.connect(other.url()) as connection:
            shown = connection.execute("SHOW unix_socket_directories").fetchone()
        assert shown == ("",)
    finally:
        other.stop()


def test_secrets_are_readable_by_us_alone_and_made_once() -> None:
    folder = session_folder()
    first = folder.secret("trial")
    place = folder.path / "secrets" / "trial"
    assert len(first) >= 50
    assert folder.secret("trial") == first
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")
def test_started_by_root_in_an_unreachable_folder_everything_moves_to_where_it_can_be_reached(
    tmp_path: Path,
) -> None:
    account = account_for_servers()
    assert account is not None
    hidden = tmp_path / "hidden" / "project"
    hidden.mkdir(parents=True)
    hidden.parent.chmod(0o700)
    chosen = default_path(hidden, account)
    assert str(chosen).startswith("/var/lib/seneschal/project-")
    with pytest.raises(EmbeddedFailure, match="cannot reach"):
        prepare(hidden / "data", account)
    assert stat.S_IMODE(hidden.parent.stat().st_mode) == 0o700, "a parent was opened"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")
def test_binaries_that_cannot_be_reached_are_copied_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = account_for_servers()
    assert account is not None
    folder = session_folder()
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    site = Path(programs._package_folder(programs.WHEEL)).parent
    for name in (programs.WHEEL, f"{programs.WHEEL}.libs"):
        (hidden / name).symlink_to(site / name)
    monkeypatch.setattr(programs, "_package_folder", lambda name: hidden / name)
    found = programs.wheel_postgres(account, folder.programs)
    assert found.bin.is_relative_to(folder.programs)
    assert account.may_run(found.postgres)
    assert programs.wheel_postgres(account, folder.programs) == found


def test_a_log_that_grew_too_large_is_set_aside_while_it_is_written_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = session_folder()
    monkeypatch.setattr(datafolder, "LARGEST_LOG_BYTES", 10)
    with folder.log("chatty").open("ab", buffering=0) as writer:
        writer.write(b"before, long enough\n")
        folder.trim_logs()
        writer.write(b"after\n")
    assert folder.log("chatty").read_bytes() == b"after\n"
    assert (folder.logs / "chatty.1.log").read_bytes() == b"before, long enough\n"


@pytest.fixture
def tiny_disk() -> Iterator[Path]:
    """A file system of 24 MB that the servers' account can reach; only root can make one."""
    place = session_folder().path / "tiny"
    place.mkdir()
    mounted = os.geteuid() == 0 and not subprocess.call(
        ["mount", "-t", "tmpfs", "-o", "size=24m,mode=711", "tmpfs", str(place)],
        stderr=subprocess.DEVNULL,
    )
    if not mounted:
        pytest.skip("a file system can only be mounted by root")
    yield place
    subprocess.check_call(["umount", str(place)])


def test_on_a_disk_that_fills_up_creating_says_so_and_leaves_nothing_half_made(
    tiny_disk: Path, cluster: Cluster
) -> None:
    crammed = replace(cluster, name="crammed", folder=tiny_disk / "crammed")
    with pytest.raises(EmbeddedFailure) as raised:
        crammed.start()
    assert str(raised.value) == (
        f"The crammed database could not be created: the disk that holds {crammed.folder} is full. "
        "Free some space and start again."
    )
    assert crammed.is_new
    with pytest.raises(EmbeddedFailure, match="is nearly full"):
        claims.require_space(tiny_disk)
