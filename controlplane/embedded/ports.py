"""Free ports on the loopback address, remembered so that an address stays the same."""

import contextlib
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


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
    """Return a port that is free at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def remembered_port(note: Path) -> int:
    """Return the port written in *note* if it is free, else a new one, and write it there."""
    with contextlib.suppress(OSError, ValueError):
        port = int(note.read_text())
        if is_free(port):
            return port
    port = any_free_port()
    note.write_text(f"{port}\n")
    return port
