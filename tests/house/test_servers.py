"""The servers that every other test stands on."""

import os
from pathlib import Path

import psycopg
import pytest
import redis
from django.db import connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from controlplane.embedded.postgres import Cluster
from controlplane.embedded.redis import RedisServer
from tests.servers import WarehouseDatabase, fresh_database


@pytest.mark.django_db
def test_django_talks_to_the_embedded_control_cluster_as_the_owner(
    control_cluster: Cluster,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('port'), version()")
        user, port, version = cursor.fetchone()
    assert (user, int(port)) == ("seneschal_owner", control_cluster.port)
    assert version.startswith("PostgreSQL 18")


def test_a_warehouse_is_another_cluster_than_our_own(
    control_cluster: Cluster, warehouse_db: WarehouseDatabase
) -> None:
    with warehouse_db.connect() as database:
        roles = {name for (name,) in database.execute("SELECT rolname FROM pg_roles")}
    assert "seneschal_owner" not in roles
    assert warehouse_db.cluster.port != control_cluster.port


def test_people_made_in_a_test_vanish_with_its_database(warehouse: Cluster) -> None:
    with fresh_database(warehouse) as database, database.connect() as admin:
        admin.execute("CREATE ROLE alice LOGIN PASSWORD 'alice'")
        admin.execute("CREATE TABLE t (id int); GRANT SELECT ON t TO alice")
        assert psycopg.connect(database.url_as("alice", "alice")).execute("SELECT * FROM t")
    with warehouse.connect() as admin:
        assert not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'alice'").fetchone()


def test_nobody_connects_without_a_password(warehouse: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host="127.0.0.1", port=warehouse.port, user="postgres", dbname="postgres", password="x"
        )
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=str(warehouse.folder), port=warehouse.port, user="postgres", dbname="postgres"
        )


def test_the_server_never_runs_as_root(warehouse: Cluster) -> None:
    assert warehouse.process is not None
    owner = Path(f"/proc/{warehouse.process.pid}").stat().st_uid
    assert owner != 0
    assert warehouse.data.stat().st_uid == owner
    assert os.stat(warehouse.folder).st_mode & 0o077 == 0


def test_redis_refuses_who_has_no_password(redis_server: RedisServer) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=redis_server.port, retry=Retry(NoBackoff(), 0)).ping()
    assert redis.Redis.from_url(redis_server.url).ping()
