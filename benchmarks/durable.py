"""A control database that forgets nothing, for benchmarks of what durability costs."""

import contextlib
import secrets
from collections.abc import Iterator

from controlplane.embedded.account import account_for_servers
from controlplane.embedded.postgres import Cluster
from controlplane.embedded.programs import wheel_postgres
from controlplane.embedded.roles import OWNER, ensure_roles

PASSWORD = "for-this-run-alone"


@contextlib.contextmanager
def durable_cluster() -> Iterator[Cluster]:
    """A cluster with PostgreSQL's own defaults: every commit reaches the disk."""
    from tests.servers import session_folder

    folder, account = session_folder(), account_for_servers()
    cluster = Cluster(
        name="durable",
        folder=folder.path / "durable",
        programs=wheel_postgres(account, folder.programs),
        account=account,
        password=secrets.token_urlsafe(24),
        log=folder.log("durable"),
    )
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


@contextlib.contextmanager
def durable_database() -> Iterator[Cluster]:
    """Django's test database on such a cluster, with the product's roles."""
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    with durable_cluster() as cluster:
        with cluster.connect() as admin:
            ensure_roles(admin, dict.fromkeys(("owner", "web", "worker"), PASSWORD))
            admin.execute(f"ALTER ROLE {OWNER} CREATEDB")
        for known in (settings.DATABASES["default"], connection.settings_dict):
            known.update(HOST="127.0.0.1", PORT=str(cluster.port), USER=OWNER, PASSWORD=PASSWORD)
        made = setup_databases(verbosity=0, interactive=False)
        try:
            yield cluster
        finally:
            teardown_databases(made, verbosity=0)
