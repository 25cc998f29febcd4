"""One embedded PostgreSQL cluster: created once, started, asked, stopped."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from controlplane.embedded import ports, processes
from controlplane.embedded.account import Account
from controlplane.embedded.complaints import sentence_from
from controlplane.embedded.failures import EmbeddedFailure
from controlplane.embedded.programs import PostgresPrograms

SUPERUSER = "postgres"
LONGEST_SOCKET_PATH = 107  # sun_path of a unix socket holds 108 bytes, one is the final zero
_INITDB = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--data-checksums",
    "--no-sync",
    "--no-instructions",
)
DISPOSABLE: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1h",
}


@dataclass(slots=True)
class Cluster:
    """A PostgreSQL cluster in *folder*, owned by *account* when we are root.

    The superuser is `postgres` with *password*; every connection is scram, on the loopback
    address or on a unix socket inside *folder*.
    """

    name: str
    folder: Path
    programs: PostgresPrograms
    account: Account | None
    password: str
    log: Path
    tuning: Mapping[str, str] = field(default_factory=dict)
    keeps_port: bool = False
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The cluster's own data directory."""
        return self.folder / "data"

    @property
    def is_new(self) -> bool:
        """Whether the cluster has yet to be created."""
        return not (self.data / "PG_VERSION").exists()

    def url(self, *, user: str = SUPERUSER, password: str = "", database: str = "postgres") -> str:
        """Return a connection URL; without *password* the superuser's is used."""
        secret = quote(password or self.password, safe="")
        return f"postgresql://{quote(user)}:{secret}@{ports.LOOPBACK}:{self.port}/{quote(database)}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """Connect as the superuser, in autocommit."""
        return psycopg.connect(self.url(database=database), autocommit=True)

    def create(self) -> None:
        """Run initdb, unless the cluster exists; one that was interrupted leaves nothing behind."""
        if not self.is_new:
            return
        self._make_folder()
        fresh, secret = self.folder / "data.new", self.folder / "superuser.pw"
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            secret.touch(mode=0o600)
            secret.write_text(self.password)
            self._own(secret)
            self._run_initdb(fresh, secret)
        finally:
            secret.unlink(missing_ok=True)
        fresh.rename(self.data)

    def start(self, patience: float = 60.0) -> None:
        """Start the server and wait until it answers.

        Raises EmbeddedFailure with the server's own reason when it does not.
        """
        self.create()
        self._refuse_other_version()
        self._end_earlier_run()
        self.port = ports.remembered_port(self._note(), keep=self.keeps_port)
        before = self.log.stat().st_size if self.log.exists() else 0
        self.process = processes.spawn(
            [str(self.programs.postgres), *self._arguments()],
            log=self.log,
            account=self.account,
            env=_environment(),
            cwd=Path("/"),
            death_signal=signal.SIGINT,
        )
        self._wait_until_it_answers(patience, before)

    def stop(self) -> None:
        """Stop the server: fast first, immediately if it does not listen."""
        if self.process is not None:
            processes.stop(self.process, signal.SIGINT, signal.SIGQUIT)
            self.process = None

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._own(self.folder)
        self.folder.chmod(0o700)

    def _own(self, path: Path) -> None:
        if self.account is not None:
            self.account.own(path)

    def _note(self) -> Path:
        return self.folder / "port"

    def _run_initdb(self, into: Path, secret: Path) -> None:
        locale = ["--locale=C.UTF-8"]
        if self.programs.major >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale"]
        done = subprocess.run(
            [str(self.programs.initdb), *_INITDB, *locale, f"--pwfile={secret}", "-D", str(into)],
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
            env=_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise EmbeddedFailure(
                f"The {self.name} database could not be created: "
                f"{sentence_from(done.stderr or done.stdout, self.folder)}"
            )

    def _arguments(self) -> list[str]:
        options = {
            "listen_addresses": ports.LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": self._socket_folder(),
            "max_connections": "100",
            "shared_buffers": "128MB",
            "max_wal_size": "1GB",
            "log_min_messages": "warning",
            "log_line_prefix": "%m [%p] %u@%d ",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self.tuning,
        }
        pairs = (f"--{name.replace('_', '-')}={value}" for name, value in options.items())
        return ["-D", str(self.data), *pairs]

    def _socket_folder(self) -> str:
        """The cluster's folder, or nothing where the socket's path would be too long."""
        longest = len(os.fsencode(self.folder / ".s.PGSQL.65535.lock"))
        return str(self.folder) if longest <= LONGEST_SOCKET_PATH else ""

    def _refuse_other_version(self) -> None:
        major = (self.data / "PG_VERSION").read_text().strip()
        if major != str(self.programs.major):
            raise EmbeddedFailure(
                f"The {self.name} database in {self.folder} was made by PostgreSQL {major}, but "
                f"this is {self.programs.major}. Dump it with the old version, or move it away."
            )

    def _end_earlier_run(self) -> None:
        """Stop a server that outlived an earlier run; forget a pid file with nobody behind it."""
        pid_file = self.data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            known = processes.identity(pid)
            if known is not None and _serves(pid, self.data):
                processes.stop_known(known, signal.SIGINT, signal.SIGQUIT)
            pid_file.unlink(missing_ok=True)

    def _wait_until_it_answers(self, patience: float, before: int) -> None:
        deadline = time.monotonic() + patience
        reason = "it did not answer in time"
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise self._failure(before)
            try:
                self.connect().close()
            except psycopg.OperationalError as error:
                reason = str(error).strip().splitlines()[-1]
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise EmbeddedFailure(f"The {self.name} database did not start: {reason}.")

    def _failure(self, before: int) -> EmbeddedFailure:
        with self.log.open("rb") as log:
            log.seek(before)
            said = log.read().decode(errors="replace")
        return EmbeddedFailure(
            f"The {self.name} database did not start: {sentence_from(said, self.folder)} "
            f"(more in {self.log})"
        )


def _serves(pid: int, data: Path) -> bool:
    """Tell whether *pid* is a server of the cluster in *data*: a server works inside its folder."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == data.resolve()
    except OSError:
        return False


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
