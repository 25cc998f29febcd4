"""Real servers for tests: embedded clusters in a temporary folder, and databases within them."""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from controlplane.embedded import processes, programs
from controlplane.embedded.account import account_for_servers
from controlplane.embedded.datafolder import DataFolder, prepare
from controlplane.embedded.postgres import DISPOSABLE, Cluster
from controlplane.embedded.redis import RedisServer


def session_folder() -> DataFolder:
    """Return this process's temporary data folder, which the servers' account can reach."""
    data = Path(os.environ["SENESCHAL_DATA"])
    data.parent.mkdir(mode=0o711, exist_ok=True)
    return prepare(data, account_for_servers())


def remove_left_folders() -> None:
    """Remove the temporary folders of test processes of ours that are no more."""
    own = f"seneschal-tests-{os.geteuid()}-"
    for left in Path(tempfile.gettempdir()).glob(f"{own}*"):
        pid = left.name.removeprefix(own)
        if pid.isdigit() and processes.identity(int(pid)) is None:
            shutil.rmtree(left, ignore_errors=True)


def full_size() -> bool:
    """Tell whether heavy tests run whole, as in CI."""
    return os.environ.get("SENESCHAL_TEST_SIZE") == "full"


def sized(small: int, full: int) -> int:
    """Return *small* every day and *full* in CI (`SENESCHAL_TEST_SIZE=full`)."""
    return full if full_size() else small


def warehouse_majors() -> list[int]:
    """Return the PostgreSQL versions that warehouses are tested on: 18, in CI also Debian's 15."""
    with_15 = full_size() or bool(os.environ.get("SENESCHAL_PG15"))
    return [18, 15] if with_15 and programs.debian_postgres(15) else [18]


@contextlib.contextmanager
def running_cluster(name: str, major: int = 18) -> Iterator[Cluster]:
    """Run a fresh, disposable cluster while the block lasts."""
    folder, account = session_folder(), account_for_servers()
    found = programs.debian_postgres(major)
    if found is None or major == 18:
        found = programs.wheel_postgres(account, folder.programs)
    cluster = Cluster(
        name=name,
        folder=folder.path / name,
        programs=found,
        account=account,
        password=secrets.token_urlsafe(24),
        log=folder.log(name),
        tuning={**DISPOSABLE, "max_connections": "200"},
    )
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


@contextlib.contextmanager
def running_redis(name: str = "redis") -> Iterator[RedisServer]:
    """Run a fresh Redis while the block lasts."""
    folder, account = session_folder(), account_for_servers()
    server = RedisServer(
        folder=folder.path / name,
        program=programs.wheel_redis(account, folder.programs),
        account=account,
        password=secrets.token_urlsafe(24),
        log=folder.log(name),
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class WarehouseDatabase:
    """A database of a warehouse cluster: its address as the superuser, and as anybody else."""

    cluster: Cluster
    name: str

    @property
    def major(self) -> int:
        """PostgreSQL's major version."""
        return self.cluster.programs.major

    @property
    def url(self) -> str:
        """Connection URL of the superuser."""
        return self.cluster.url(database=self.name)

    def url_as(self, user: str, password: str) -> str:
        """Return the connection URL of *user*."""
        return self.cluster.url(user=user, password=password, database=self.name)

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection[tuple[object, ...]]:
        """Connect as the superuser."""
        return psycopg.connect(self.url, autocommit=autocommit)


@contextlib.contextmanager
def fresh_database(cluster: Cluster) -> Iterator[WarehouseDatabase]:
    """Make an empty database; drop it and every role that was made meanwhile at the end."""
    name = f"warehouse_{secrets.token_hex(4)}"
    with cluster.connect() as admin:
        roles = _roles(admin)
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield WarehouseDatabase(cluster=cluster, name=name)
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            admin.execute(drop.format(sql.Identifier(name)))
            for role in sorted(_roles(admin) - roles):
                for statement in ("DROP OWNED BY {} CASCADE", "DROP ROLE {}"):
                    admin.execute(sql.SQL(statement).format(sql.Identifier(role)))


def _roles(admin: psycopg.Connection[tuple[object, ...]]) -> set[str]:
    return {str(name) for (name,) in admin.execute("SELECT rolname FROM pg_roles")}
