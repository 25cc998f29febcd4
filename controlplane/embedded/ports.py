"""Free ports on the loopback address, remembered so that an address stays the same."""

import contextlib
import random
import socket
from pathlib import Path

from controlplane.embedded.failures import EmbeddedFailure

LOOPBACK = "127.0.0.1"
OURS = range(20_000, 32_000)
"""Below the ports lent to outgoing connections, one of which could take ours by chance."""


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on *port* now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """Return a port that is free at this moment.

    Raises EmbeddedFailure when hundreds were tried and all are taken.
    """
    for port in random.sample(OURS, 500):
        if is_free(port):
            return port
    raise EmbeddedFailure(f"No free port was found between {OURS.start} and {OURS.stop}.")


def remembered_port(note: Path, *, keep: bool = False) -> int:
    """Return the port written in *note* if it is free, else a new one, and write it there.

    With *keep* the port is known to others: when it is taken, raises EmbeddedFailure.
    """
    with contextlib.suppress(OSError, ValueError):
        port = int(note.read_text())
        if is_free(port):
            return port
        if keep:
            raise EmbeddedFailure(
                f"Port {port}, on which others know the {note.parent.name} database, is taken by "
                "another program. Stop it and start again."
            )
    port = any_free_port()
    note.write_text(f"{port}\n")
    return port
