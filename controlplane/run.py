"""`make run`: start the product, print where it is, and stop all of it on Ctrl-C.

With a command after `--` the product runs only as long as that command, whose exit code is ours.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from controlplane.children import environment
from controlplane.embedded import processes
from controlplane.embedded.failures import EmbeddedFailure
from controlplane.settings.model import PROJECT, read
from controlplane.supervisor import Supervisor, flush_say

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(BaseException):
    """A signal asked us to stop; not an Exception, so that nothing swallows it."""


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    options = _options(arguments)
    for number in SIGNALS:
        signal.signal(number, _raise_stop)
    with contextlib.ExitStack() as stack:
        if options.temporary:
            stack.enter_context(_temporary_data())
        return _run(options.command)


def _run(command: list[str]) -> int:
    started = time.monotonic()
    print("Starting Seneschal (Ctrl-C stops everything)", flush=True)
    supervisor = Supervisor(settings=read(), say=flush_say(started))
    code = 0
    try:
        supervisor.start()
        _greet(supervisor)
        code = _follow(supervisor, command)
    except Stop:
        print("\nStopping …", flush=True)
    except EmbeddedFailure as failure:
        print(f"\n{failure}", file=sys.stderr, flush=True)
        code = 1
    finally:
        for number in SIGNALS:  # a second Ctrl-C must not leave half of it running
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
    print("Stopped.", flush=True)
    return code


def _follow(supervisor: Supervisor, command: list[str]) -> int:
    """Watch over the product, for ever or as long as *command* runs."""
    if not command:
        while True:
            time.sleep(0.5)
            supervisor.watch()
    extra = {"SENESCHAL_DATA": str(supervisor.folder.path), "SENESCHAL_URL": supervisor.url}
    child = subprocess.Popen(command, cwd=PROJECT, env=environment("manage", extra))
    try:
        while child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=0.5)
            supervisor.watch()
    finally:
        if child.poll() is None:
            processes.stop(child, signal.SIGTERM)
    return child.returncode


def _greet(supervisor: Supervisor) -> None:
    print(f"\nSeneschal is ready: {supervisor.url}\n", flush=True)
    told = supervisor.sign_ins()
    if told:
        print(told, flush=True)


@contextlib.contextmanager
def _temporary_data() -> Iterator[None]:
    """Use a data folder and a port that exist only for this run."""
    folder = Path(tempfile.mkdtemp(prefix="seneschal-"))
    folder.chmod(0o711)  # ours, and empty: the servers' account must get into what is inside
    os.environ |= {"SENESCHAL_DATA": str(folder / "data"), "SENESCHAL_PORT": "0"}
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m controlplane.run", description=__doc__)
    parser.add_argument(
        "--temporary", action="store_true", help="use a fresh data folder, removed at the end"
    )
    parser.add_argument("command", nargs="*", metavar="-- command", help="run only as long as this")
    return parser.parse_args(arguments)


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    raise Stop


if __name__ == "__main__":
    sys.exit(main())
