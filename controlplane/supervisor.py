"""Starting the whole product on one machine, watching over it, and stopping all of it."""

import http.client
import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from controlplane import claims
from controlplane.children import Child, children, environment, run_command
from controlplane.embedded import processes
from controlplane.embedded.account import account_for_servers
from controlplane.embedded.complaints import sentence_from
from controlplane.embedded.datafolder import DataFolder, prepare
from controlplane.embedded.failures import EmbeddedFailure
from controlplane.embedded.stack import Stack, embedded_stack
from controlplane.fingerprint import fingerprint
from controlplane.settings.model import PROJECT, Settings

STARTUP_SECONDS = 90.0
MARK = "SENESCHAL_RUN_MARK"

Say = Callable[[str, str], None]


@dataclass(slots=True)
class Supervisor:
    """Owns everything that `make run` starts; `stop` leaves no process behind."""

    settings: Settings
    say: Say
    folder: DataFolder = field(init=False)
    stack: Stack = field(init=False)
    port: int = 0
    mark: str = field(default_factory=lambda: secrets.token_hex(12))
    family: list[Child] = field(default_factory=list)
    _lock: IO[str] | None = None
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start everything and wait until it is ready.

        Raises EmbeddedFailure with one sentence when something is in the way.
        """
        account = account_for_servers()
        self.folder = prepare(self.settings.folder, account)
        self._lock = claims.claim_folder(self.folder.path)
        self._end_earlier_run()
        claims.require_space(self.folder.path)
        if self.settings.redis_url is not None:
            claims.require_redis(str(self.settings.redis_url))
        self.port = claims.claim_port(self.settings.host, self.settings.port)
        self.say("data folder", str(self.folder.path))
        embedded = self.settings.database_url is None
        self.stack = embedded_stack(
            self.folder,
            account,
            control=embedded,
            warehouse=self.settings.warehouse_url is None and self._wants_demo(embedded),
            redis=self.settings.redis_url is None,
        )
        self.folder.secret("secret-key")
        if self.stack.start(self.say):
            (self.folder.path / "prepared").unlink(missing_ok=True)
            self._demo_pending.touch()
        self.folder.publish(self.addresses())
        self._prepare_database()
        self._load_demo()
        self._start_family()

    @property
    def url(self) -> str:
        """Where a browser finds the product."""
        host = "127.0.0.1" if self.settings.host in {"0.0.0.0", "::"} else self.settings.host  # noqa: S104
        return f"http://{host}:{self.port}"

    def addresses(self) -> dict[str, str]:
        """Return what commands of this data folder need to find the running product."""
        return {**self._given(), **self.stack.connections(), "web_url": self.url}

    def sign_ins(self) -> str:
        """Return what the demo company's loader told about signing in, if it is loaded."""
        place = self.folder.path / "demo.txt"
        return place.read_text() if place.exists() else ""

    def watch(self) -> None:
        """Look after everything once: start again what ended.

        Raises EmbeddedFailure when a server ended, or a process ends again and again.
        """
        server = self.stack.ended()
        if server is not None:
            raise EmbeddedFailure(
                f"The {server} server ended by itself; see {self.folder.logs / server}.log."
            )
        self.folder.trim_logs()
        for child in self.family:
            if child.has_ended:
                words = child.last_words()
                if not child.may_restart:
                    raise EmbeddedFailure(f"{words} It does so again and again; see {child.log}.")
                self.say(child.name, f"{words} Started again.")
                child.start()
                self._note_children()

    def stop(self) -> None:
        """Stop everything that was started, politely first."""
        if self._running is not None:
            processes.stop(self._running, signal.SIGTERM, patience=5.0)
        for child in self.family:
            child.ask_to_stop()
        for child in self.family:
            child.stop()
        if hasattr(self, "stack"):
            self.stack.stop()
            self.folder.withdraw()
            self._children_note.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()

    def _end_earlier_run(self) -> None:
        """Stop processes of an earlier run that was killed before it could stop them."""
        leaders, mark = _noted(self._children_note)
        for known in [*leaders, *(processes.marked(f"{MARK}={mark}") if mark else ())]:
            if processes.is_alive(known):
                self.say("clearing up", f"a process of an earlier run ({known.split(':')[0]})")
                processes.stop_known(known, signal.SIGTERM, signal.SIGQUIT, patience=5.0)
        self._children_note.unlink(missing_ok=True)
        self.folder.withdraw()

    def _wants_demo(self, embedded: bool) -> bool:
        return embedded if self.settings.demo is None else self.settings.demo

    @property
    def _demo_pending(self) -> Path:
        return self.folder.path / "demo.pending"

    @property
    def _children_note(self) -> Path:
        return self.folder.path / "children.json"

    def _given(self) -> dict[str, str]:
        """Return the addresses that were given to us rather than made by us."""
        given = {
            "DATABASE_URL": self.settings.database_url,
            "DATABASE_OWNER_URL": self.settings.database_owner_url,
            "REDIS_URL": self.settings.redis_url,
            "warehouse_url": self.settings.warehouse_url,
        }
        return {name: str(url) for name, url in given.items() if url is not None}

    def _environment(self, process: str) -> dict[str, str]:
        """Return the environment of a process: the database role that it needs and no other."""
        reachable = self.addresses()
        extra = {"SENESCHAL_DATA": str(self.folder.path), MARK: self.mark}
        for name in ("DATABASE_URL", "REDIS_URL"):
            if name in reachable:
                extra[name] = reachable[name]
        if process == "owner" and "DATABASE_OWNER_URL" in reachable:
            extra["DATABASE_OWNER_URL"] = reachable["DATABASE_OWNER_URL"]
        if process in {"manage", "worker"} and self.stack.control is not None:
            extra["DATABASE_URL"] = self.stack.address_for("worker")
        if "warehouse_url" in reachable:
            extra["SENESCHAL_WAREHOUSE_URL"] = reachable["warehouse_url"]
        return environment(process, extra)

    def _manage(self, *arguments: str, process: str, wanted: str) -> str:
        """Run a command of manage.py to its end and return what it printed."""
        log = self.folder.log(wanted)
        before = log.stat().st_size if log.exists() else 0
        self._running = run_command(*arguments, env=self._environment(process), log=log)
        printed, _ = self._running.communicate()
        code, self._running = self._running.returncode, None
        if code:
            with log.open("rb") as errors:
                errors.seek(before)
                reason = sentence_from(errors.read().decode(errors="replace"), self.folder.path)
            raise EmbeddedFailure(f"`manage.py {arguments[0]}` failed: {reason} (more in {log})")
        return printed.decode()

    def _prepare_database(self) -> None:
        """Migrate, grant, collect; skipped when an embedded database has seen this very code."""
        stamp, code = self.folder.path / "prepared", fingerprint()
        embedded = self.stack.control is not None
        if embedded and stamp.exists() and stamp.read_text() == code:
            return
        printed = self._manage("prepare", process="owner", wanted="prepare")
        stamp.write_text(code)
        self.say("migrations", ", ".join(printed.splitlines()) or "nothing to do")

    def _load_demo(self) -> None:
        known = PROJECT / "examples" / "management" / "commands" / "load_demo.py"
        if self.stack.warehouse is None and self.settings.warehouse_url is None:
            return
        if not self._demo_pending.exists() or not known.exists():
            return
        self.say("demo company", "loading, once: about half a minute")
        told = self._manage("load_demo", process="manage", wanted="demo")
        (self.folder.path / "demo.txt").write_text(told)
        self._demo_pending.unlink()

    def _start_family(self) -> None:
        env = {name: self._environment(name) for name in ("web", "worker", "beat")}
        self.family = children(self.settings, self.folder, self.port, env)
        for child in self.family:
            child.start()
        self._note_children()
        deadline = time.monotonic() + STARTUP_SECONDS
        while (reply := self._ask_whether_ready()) != "ready":
            ended = next((child for child in self.family if child.has_ended), None)
            if ended is not None:
                raise EmbeddedFailure(f"{ended.last_words()} (more in {ended.log})")
            if time.monotonic() > deadline:
                raise EmbeddedFailure(
                    f"Everything was started, but it does not get ready: {reply}. "
                    f"The logs are in {self.folder.logs}."
                )
            time.sleep(0.1)
        self.say("processes", "web, worker, beat")

    def _note_children(self) -> None:
        pids = [child.process.pid for child in self.family if child.process is not None]
        known = [identity for pid in pids if (identity := processes.identity(pid))]
        self._children_note.write_text(json.dumps({"leaders": known, "mark": self.mark}))

    def _ask_whether_ready(self) -> str:
        host = self.url.removeprefix("http://").rpartition(":")[0]
        name = self.settings.allowed_hosts.split(",")[0].strip()
        client = http.client.HTTPConnection(host, self.port, timeout=5)
        try:
            client.request("GET", "/healthz/ready", headers={"Host": name})
            reply = json.loads(client.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            return f"the web server does not answer ({type(error).__name__})"
        finally:
            client.close()
        wrong = {part: word for part, word in reply.get("checks", {}).items() if word != "ok"}
        return ", ".join(f"{part}: {word}" for part, word in wrong.items()) or str(reply["status"])


def _noted(note: Path) -> tuple[list[str], str]:
    """Return the processes that an earlier run started, and the mark that their children bear."""
    try:
        found = json.loads(note.read_text())
        return [str(known) for known in found["leaders"]], str(found["mark"])
    except (OSError, ValueError, KeyError, TypeError):
        return [], ""


def flush_say(started: float) -> Say:
    """Return a Say that prints each step with the seconds since *started* (monotonic)."""

    def say(what: str, detail: str) -> None:
        seconds = time.monotonic() - started
        sys.stdout.write(f"  {what:<14} {detail}  [{seconds:.1f} s]\n")
        sys.stdout.flush()

    return say
