"""What every test can ask for: a real control database, real warehouses, a real Redis.

Each process of pytest-xdist runs servers of its own: roles are cluster-wide, so two processes
sharing a warehouse would see each other's people. Every server dies with its process.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models.signals import post_migrate
from pytest_django.plugin import DjangoDbBlocker

from apps.audit.grants import RUNTIME_GRANTS
from controlplane.embedded.postgres import Cluster
from controlplane.embedded.redis import RedisServer
from controlplane.embedded.roles import OWNER, ensure_roles
from controlplane.grants import grant_runtime
from tests import browser, servers
from tests.book import LIFT, RESTORE, let_tests_flush_the_book
from tests.servers import WarehouseDatabase

pytest_plugins = ["tests.pages"]

PASSWORD_OF_ROLES = "only-for-tests"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what belongs to CI (`heavy`) or needs a foreign server (`live`), and say so."""
    unwanted = {
        "heavy": not servers.full_size(),
        "live": not os.environ.get("SENESCHAL_TEST_LIVE"),
    }
    chosen = config.getoption("-m") or ""
    left_out = [
        item
        for item in items
        if any(
            off and item.get_closest_marker(mark) and mark not in chosen
            for mark, off in unwanted.items()
        )
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_configure(config: pytest.Config) -> None:
    """Remove what earlier runs left that were killed before they could."""
    if not hasattr(config, "workerinput"):
        servers.remove_left_folders()


def pytest_unconfigure() -> None:
    """Remove the temporary data folder."""
    data = Path(os.environ.get("SENESCHAL_DATA", "/nonexistent/data"))
    shutil.rmtree(data.parent, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that no browser was there: tests that were not run prove nothing."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(browser.NONE_FOUND in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.section(f"{count} BROWSER TESTS WERE NOT RUN", sep="!", red=True)
        terminalreporter.line(browser.NONE_FOUND)


@pytest.fixture(scope="session")
def control_cluster() -> Iterator[Cluster]:
    """The cluster of the control plane's own database, with its three roles."""
    with servers.running_cluster("control") as cluster:
        with cluster.connect() as admin:
            ensure_roles(admin, dict.fromkeys(("owner", "web", "worker"), PASSWORD_OF_ROLES))
            admin.execute(f"ALTER ROLE {OWNER} CREATEDB")
        yield cluster


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    control_cluster: Cluster, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Point Django at the control cluster, as the owner of its tables."""
    settings.DATABASES["default"].update(
        HOST="127.0.0.1", PORT=str(control_cluster.port), USER=OWNER, PASSWORD=PASSWORD_OF_ROLES
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """After the migrations: the runtime roles have their rights, and the book is empty."""
    with django_db_blocker.unblock():
        grant_runtime()
        empty_the_book()
    last = [app for app in apps.get_app_configs() if app.models_module][-1]
    post_migrate.connect(empty_the_book, sender=last, weak=False)


def empty_the_book(**_: object) -> None:
    """Forget what was written while tables were made or flushed: a test begins on page one."""
    tables = ", ".join(RUNTIME_GRANTS)
    with connection.cursor() as cursor:
        for statement in (LIFT, f"TRUNCATE {tables} RESTART IDENTITY", RESTORE):
            cursor.execute(statement)


@pytest.fixture(scope="session", autouse=True)
def flushable_book() -> None:
    """Let transactional tests leave an empty audit book, though nothing may be deleted from it."""
    let_tests_flush_the_book()


@pytest.fixture(scope="session")
def runtime_url(control_cluster: Cluster, django_db_setup: None) -> Callable[[str], str]:
    """Return the address of the test database for a role: `seneschal_web`, `seneschal_worker`."""

    def address(role: str) -> str:
        name = settings.DATABASES["default"]["NAME"]
        return control_cluster.url(user=role, password=PASSWORD_OF_ROLES, database=name)

    return address


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A running Redis."""
    with servers.running_redis() as server:
        yield server


@pytest.fixture(scope="session", params=servers.warehouse_majors(), ids=lambda major: f"pg{major}")
def warehouse(request: pytest.FixtureRequest) -> Cluster:
    """A cluster that plays somebody's warehouse; `warehouse.url()` is its superuser."""
    cluster: Cluster = request.getfixturevalue(f"warehouse{request.param}")
    return cluster


@pytest.fixture(scope="session")
def warehouse18() -> Iterator[Cluster]:
    """The warehouse on PostgreSQL 18; it runs on while tests turn to the other and back."""
    with servers.running_cluster("warehouse18", 18) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def warehouse15() -> Iterator[Cluster]:
    """The warehouse on PostgreSQL 15."""
    with servers.running_cluster("warehouse15", 15) as cluster:
        yield cluster


@pytest.fixture
def warehouse_db(warehouse: Cluster) -> Iterator[WarehouseDatabase]:
    """An empty database of the warehouse; roles made in the test vanish with it."""
    with servers.fresh_database(warehouse) as database:
        yield database


@pytest.fixture(scope="module")
def module_warehouse_db(warehouse: Cluster) -> Iterator[WarehouseDatabase]:
    """An empty database of the warehouse, shared by the tests of one module."""
    with servers.fresh_database(warehouse) as database:
        yield database
