"""The embedded Redis: broker of wake-ups and cache, holding nothing that must survive."""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from controlplane.embedded import ports, processes
from controlplane.embedded.account import Account
from controlplane.embedded.complaints import sentence_from
from controlplane.embedded.failures import EmbeddedFailure


@dataclass(slots=True)
class RedisServer:
    """A Redis in *folder*; its password reaches it by standard input, never by its arguments."""

    folder: Path
    program: Path
    account: Account | None
    password: str
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The connection URL, password included."""
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/0"

    def start(self, patience: float = 20.0) -> None:
        """Start the server and wait until it answers.

        Raises EmbeddedFailure with the server's own reason when it does not.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.account is not None:
            self.account.own(self.folder)
        self.folder.chmod(0o700)
        self.port = ports.remembered_port(self.folder / "port")
        before = self.log.stat().st_size if self.log.exists() else 0
        self.process = processes.spawn(
            [str(self.program), "-"],
            log=self.log,
            account=self.account,
            env={"PATH": "/usr/bin:/bin"},
            cwd=Path("/"),
            stdin=self._configuration().encode(),
        )
        self._wait_until_it_answers(patience, before)

    def stop(self) -> None:
        """Stop the server."""
        if self.process is not None:
            processes.stop(self.process, signal.SIGTERM)
            self.process = None

    def _configuration(self) -> str:
        return "\n".join(
            (
                f"bind {ports.LOOPBACK}",
                f"port {self.port}",
                f"requirepass {self.password}",
                f'dir "{self.folder}"',
                "daemonize no",
                'save ""',
                "appendonly no",
                "loglevel warning",
                "maxmemory 256mb",
                "maxmemory-policy noeviction",
                "",
            )
        )

    def _wait_until_it_answers(self, patience: float, before: int) -> None:
        client = redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0))
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                said = self.log.read_bytes()[before:].decode(errors="replace")
                raise EmbeddedFailure(f"Redis did not start: {sentence_from(said, self.folder)}")
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                client.close()
                return
        self.stop()
        raise EmbeddedFailure("Redis did not start: it did not answer in time.")
