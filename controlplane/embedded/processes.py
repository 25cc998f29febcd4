"""Child processes that never outlive their parent, and recognising those of an earlier run."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from controlplane.embedded.account import Account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str],
    *,
    log: Path | None,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    stdin: bytes | None = None,
    capture: bool = False,
) -> subprocess.Popen[bytes]:
    """Start *command* in a session of its own; on Linux it is signalled when we die.

    Its output is appended to *log* (None: inherited); with *capture* only its standard error is,
    and its standard output can be read. *stdin* is fed at once and must be small.
    """
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else output,
            stderr=output,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            umask=0o077,
            start_new_session=True,
            preexec_fn=die_with(os.getpid(), death_signal),  # noqa: PLW1509 (one thread)
        )
    if stdin is not None and child.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(stdin)
            child.stdin.close()
    return child


def die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """Return what a child does before it runs: ask the kernel for a signal when *parent* ends."""

    def in_child() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the request was made
            os._exit(1)

    return in_child


def stop(
    child: subprocess.Popen[bytes], *signals: signal.Signals, patience: float = 10.0
) -> int | None:
    """Ask *child* to stop with each signal in turn, *patience* seconds apart; kill it at last."""
    for step in signals or (signal.SIGTERM,):
        if child.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(step)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=patience)
    kill_group(child.pid)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(timeout=5)
    return child.returncode


def kill_group(pid: int) -> None:
    """Kill whatever is left of the session that *pid* led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def identity(pid: int) -> str | None:
    """Return a string that no other process ever has had, or None when *pid* is not alive.

    A pid alone is reused by the system; together with its start time it is not.
    """
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else f"{pid}:{fields[19]}"
    started = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return f"{pid}:{started}" if started else None


def is_alive(known: str) -> bool:
    """Tell whether the process that had the identity *known* is still there."""
    pid, _, _ = known.partition(":")
    return pid.isdigit() and identity(int(pid)) == known


def marked(mark: str) -> list[str]:
    """Return the identities of our processes in whose environment *mark* (`NAME=value`) stands."""
    found = []
    wanted = os.fsencode(mark)
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # somebody else's, or gone meanwhile
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                known = identity(int(entry.name))
                found += [known] if known else []
    return found


def stop_known(known: str, *signals: signal.Signals, patience: float = 10.0) -> None:
    """Stop a process of an earlier run by its identity, never by its bare pid."""
    pid = int(known.partition(":")[0])
    for step in (*signals, signal.SIGKILL):
        if not is_alive(known):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, step)
        deadline = time.monotonic() + patience
        while is_alive(known) and time.monotonic() < deadline:
            time.sleep(0.05)
