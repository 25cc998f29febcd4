"""The embedded servers together: our own database, the demo's warehouse, Redis."""

from collections.abc import Callable
from dataclasses import dataclass

from controlplane.embedded import programs
from controlplane.embedded.account import Account
from controlplane.embedded.datafolder import DataFolder
from controlplane.embedded.postgres import Cluster
from controlplane.embedded.redis import RedisServer
from controlplane.embedded.roles import DATABASE, ROLES, ensure_database, ensure_roles

Say = Callable[[str, str], None]


@dataclass(slots=True)
class Stack:
    """Which embedded servers run for a data folder; None where a real one is used instead."""

    folder: DataFolder
    control: Cluster | None
    warehouse: Cluster | None
    redis: RedisServer | None

    def start(self, say: Say) -> bool:
        """Start the servers; tell whether our own database is new.

        Raises EmbeddedFailure with a sentence when one does not start.
        """
        new = False
        if self.control is not None:
            self.control.start()
            new = self._make_control_database(self.control)
            say("database", f"PostgreSQL {self.control.programs.major}, port {self.control.port}")
        if self.warehouse is not None:
            self.warehouse.start()
            say("warehouse", f"PostgreSQL {self.warehouse.programs.major}, port "
                f"{self.warehouse.port} (the demo company's, not ours)")  # fmt: skip
        if self.redis is not None:
            self.redis.start()
            say("redis", f"port {self.redis.port}")
        return new

    def stop(self) -> None:
        """Stop them, the last started first."""
        for server in (self.redis, self.warehouse, self.control):
            if server is not None:
                server.stop()

    def connections(self) -> dict[str, str]:
        """Return the addresses of the running servers, by setting; the web role's for all."""
        found = {}
        if self.control is not None:
            found["DATABASE_URL"] = self.address_for("web")
            found["DATABASE_OWNER_URL"] = self.address_for("owner")
        if self.warehouse is not None:
            found["warehouse_url"] = self.warehouse.url()
        if self.redis is not None:
            found["REDIS_URL"] = self.redis.url
        return found

    def address_for(self, part: str) -> str:
        """Return the address of our database for `web`, `worker` or `owner`."""
        if self.control is None:
            raise LookupError("our database is not embedded")
        password = self.folder.secret(f"database-{part}")
        return self.control.url(user=ROLES[part], password=password, database=DATABASE)

    def ended(self) -> str | None:
        """Return the name of a server that has ended by itself, if one has."""
        servers = (
            ("database", self.control),
            ("warehouse", self.warehouse),
            ("redis", self.redis),
        )
        for name, server in servers:
            if (
                server is not None
                and server.process is not None
                and server.process.poll() is not None
            ):
                return name
        return None

    def _make_control_database(self, control: Cluster) -> bool:
        with control.connect() as admin:
            ensure_roles(admin, {part: self.folder.secret(f"database-{part}") for part in ROLES})
            return ensure_database(admin)


def embedded_stack(
    folder: DataFolder, account: Account | None, *, control: bool, warehouse: bool, redis: bool
) -> Stack:
    """Return the wanted servers of *folder*, not yet started."""

    def cluster(name: str) -> Cluster:
        return Cluster(
            name=name,
            folder=folder.path / name,
            programs=programs.wheel_postgres(account, folder.programs),
            account=account,
            password=folder.secret(f"{name}-superuser"),
            log=folder.log(name),
            keeps_port=name == "warehouse",  # the catalog knows its address
        )

    return Stack(
        folder=folder,
        control=cluster("control") if control else None,
        warehouse=cluster("warehouse") if warehouse else None,
        redis=RedisServer(
            folder=folder.path / "redis",
            program=programs.wheel_redis(account, folder.programs),
            account=account,
            password=folder.secret("redis"),
            log=folder.log("redis"),
        )
        if redis
        else None,
    )
