"""The data folder: where everything that Seneschal keeps on this machine lives."""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controlplane.embedded import processes
from controlplane.embedded.account import Account
from controlplane.embedded.failures import EmbeddedFailure

SYSTEM_FOLDER = Path("/var/lib/seneschal")
LARGEST_LOG_BYTES = 10_000_000
CONNECTIONS = "connections.json"
PUBLISHER = "published_by"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A folder of ours: databases, logs, secrets; never a parent's permission is touched."""

    path: Path

    @property
    def logs(self) -> Path:
        """Where the servers and the processes write what they say."""
        return self.path / "logs"

    @property
    def programs(self) -> Path:
        """Where binaries are copied when the servers' account cannot reach the originals."""
        return self.path / "programs"

    def log(self, name: str) -> Path:
        """Return the log file of *name*."""
        return self.logs / f"{name}.log"

    def trim_logs(self) -> None:
        """Set aside the content of every log of over 10 MB; who writes to it goes on writing."""
        for log in self.logs.glob("*.log"):
            if log.suffixes == [".log"] and log.stat().st_size > LARGEST_LOG_BYTES:
                shutil.copyfile(log, log.with_suffix(".1.log"))
                os.truncate(log, 0)

    def secret(self, name: str) -> str:
        """Return the secret *name*, made at first use and readable by us alone."""
        place = self.path / "secrets" / name
        place.parent.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError), open(place, "x", opener=_private) as fresh:
            fresh.write(secrets.token_urlsafe(48))
        return place.read_text().strip()

    def publish(self, connections: Mapping[str, str]) -> None:
        """Write the addresses of the running servers where commands of this folder find them."""
        place = self.path / CONNECTIONS
        draft = place.with_suffix(".new")
        content = {**connections, PUBLISHER: processes.identity(os.getpid())}
        with open(draft, "w", opener=_private) as file:
            json.dump(content, file, indent=1)
        draft.replace(place)

    def withdraw(self) -> None:
        """Forget the addresses: the servers are stopped."""
        (self.path / CONNECTIONS).unlink(missing_ok=True)


def prepare(path: Path, account: Account | None) -> DataFolder:
    """Make the folder, with what lies in it, and return it.

    Raises EmbeddedFailure when it cannot be made, or cannot be reached by *account*.
    """
    folder = DataFolder(path.absolute())
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.path.chmod(0o711 if account else 0o700)
        folder.logs.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise EmbeddedFailure(
            f"The data folder {folder.path} cannot be used: {error.strerror}. "
            "Set SENESCHAL_DATA to a folder that can be written."
        ) from error
    if account is not None and not account.may_enter(folder.path):
        raise EmbeddedFailure(
            f"PostgreSQL does not run as root, and the system user '{account.name}' cannot reach "
            f"{folder.path}. Set SENESCHAL_DATA to a folder that it can reach."
        )
    return folder


def default_path(project: Path, account: Account | None) -> Path:
    """Return `.seneschal` in the project, or a system folder where *account* cannot reach it."""
    if account is None or account.may_enter(project):
        return project / ".seneschal"
    digest = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:8]
    return SYSTEM_FOLDER / f"{project.name}-{digest}"


def published_connections(path: Path) -> dict[str, str]:
    """Return the addresses of the servers running for the data folder at *path*, or nothing."""
    try:
        found = json.loads((path / CONNECTIONS).read_text())
    except (OSError, ValueError):
        return {}
    publisher = str(found.pop(PUBLISHER, ""))
    if not processes.is_alive(publisher):  # it was killed before it could withdraw them
        return {}
    return {str(name): str(value) for name, value in found.items()}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
