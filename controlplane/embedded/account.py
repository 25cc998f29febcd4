"""The unprivileged account that runs the embedded servers when we were started by root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from controlplane.embedded.failures import EmbeddedFailure

PREFERRED = "seneschal"
LAST_RESORT = "nobody"
_SYSTEM_USER = ("--system", "--user-group", "--home-dir=/nonexistent", "--shell=/usr/sbin/nologin")


@dataclass(frozen=True, slots=True)
class Account:
    """A system account by its numbers; what it owns, the servers can write."""

    name: str
    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Tell whether this account can reach *folder*, asked of the kernel, not of mode bits."""
        return self._succeeds("/bin/sh", "-c", 'test -d "$1" && test -x "$1"', "sh", str(folder))

    def may_run(self, program: Path) -> bool:
        """Tell whether this account can execute *program*, by executing it."""
        return self._succeeds(str(program), "--version")

    def own(self, path: Path) -> None:
        """Give *path* itself (not its contents) to this account."""
        os.chown(path, self.uid, self.gid)

    def _succeeds(self, *command: str) -> bool:
        try:
            done = subprocess.run(
                command,
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        except OSError:
            return False
        return done.returncode == 0


def account_for_servers() -> Account | None:
    """Return the account to switch to, or None when we are an ordinary user already.

    Started by root, it is the system user `seneschal` (made when the system lets us),
    else `nobody`: PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    return _known(PREFERRED) or _created(PREFERRED) or _known(LAST_RESORT) or _none_left()


def _known(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def _created(name: str) -> Account | None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        return None
    subprocess.run(
        [useradd, *_SYSTEM_USER, name],
        capture_output=True,
        check=False,
    )
    return _known(name)


def _none_left() -> Account:
    raise EmbeddedFailure(
        "PostgreSQL refuses to run as root, and this system has neither a user "
        f"'{PREFERRED}' nor '{LAST_RESORT}'. Create one of them, or start as an ordinary user."
    )
