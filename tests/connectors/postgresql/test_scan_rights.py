"""The rights of our three logins are read from the live system, each lack with its remedy."""

import pytest

from apps.connectors.contracts import Right
from apps.connectors.postgresql.connect import Login
from apps.connectors.postgresql.scan import PostgresScanner
from tests.servers import WarehouseDatabase

WORLD = """
CREATE ROLE s_login LOGIN PASSWORD 'pw';
CREATE ROLE a_login LOGIN PASSWORD 'pw';
CREATE ROLE p_login LOGIN PASSWORD 'pw';
CREATE ROLE loader LOGIN PASSWORD 'pw';
CREATE ROLE alice LOGIN PASSWORD 'pw';
CREATE SCHEMA sales AUTHORIZATION loader;
SET ROLE loader; CREATE TABLE sales.customers (id int); RESET ROLE;
"""


@pytest.fixture
def rights(warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WAREHOUSE_PASSWORD", "pw")
    with warehouse_db.connect() as admin:
        admin.execute(WORLD)

    def ask() -> dict[str, Right]:
        def login(user: str) -> Login:
            port = warehouse_db.cluster.port
            return Login("127.0.0.1", port, warehouse_db.name, user, "env:WAREHOUSE_PASSWORD")

        scanner = PostgresScanner(
            scan=login("s_login"), apply=login("a_login"), probe=login("p_login")
        )
        return {right.name: right for right in scanner.rights()}

    return ask


def test_bare_logins_lack_everything_and_each_lack_has_a_remedy_that_cures_it(
    rights, warehouse_db: WarehouseDatabase
) -> None:
    before = rights()
    lacking = {name for name, right in before.items() if not right.held}
    assert lacking == {
        "scan: SELECT on tables (1 unreadable)",
        "apply: CREATE on the database",
        "apply: rights of the database's owner",
        "apply: rights of loader, owner of 1 tables",
        "apply: CREATEROLE",
        "apply: superusers have a search_path of their own",
        "probe: NOINHERIT",
        "probe: SET ROLE to 0 of 2 roles that can log in",
        *({"apply: ADMIN on 0 of 2 roles that can log in"} if warehouse_db.major >= 16 else ()),
    }
    with warehouse_db.connect() as admin:
        for right in before.values():
            if right.remedy:
                admin.execute(right.remedy)
        became = admin.execute(
            "SELECT bool_or(pg_has_role(u, 'postgres', 'MEMBER'))"
            " FROM unnest(ARRAY['s_login', 'a_login', 'p_login']) u"
        ).fetchone()
    assert became == (False,), "nothing that is advised makes one of ours a superuser"
    after = rights()
    assert [name for name, right in after.items() if not right.held] == []


def test_tables_of_a_superuser_are_to_get_an_owner_of_their_own(
    rights, warehouse_db: WarehouseDatabase
) -> None:
    with warehouse_db.connect() as admin:
        admin.execute("CREATE TABLE sales.left (id int)")
    right = rights()["apply: rights of postgres, owner of 1 tables"]
    assert not right.held
    assert "an owner of their own" in right.remedy
    assert "GRANT" not in right.remedy


def test_a_login_that_cannot_sign_in_is_a_right_we_lack_and_says_why(
    rights, warehouse_db: WarehouseDatabase
) -> None:
    with warehouse_db.connect() as admin:
        admin.execute("ALTER ROLE p_login NOLOGIN")
    right = rights()["probe: sign in as p_login"]
    assert not right.held
    assert "not permitted to log in" in right.remedy


def test_more_power_than_is_needed_is_shown(rights, warehouse_db: WarehouseDatabase) -> None:
    with warehouse_db.connect() as admin:
        admin.execute("ALTER ROLE a_login SUPERUSER BYPASSRLS")
    right = rights()["apply: no more than it needs"]
    assert not right.held
    assert right.remedy == 'ALTER ROLE "a_login" NOSUPERUSER NOBYPASSRLS'


def test_another_apply_login_of_the_server_is_told_before_anything_is_approved(
    rights, warehouse_db: WarehouseDatabase
) -> None:
    if warehouse_db.major < 16:
        pytest.skip("before 16, CREATEROLE is enough to use any role")
    with warehouse_db.connect() as admin:
        admin.execute("CREATE ROLE first_apply LOGIN; DROP ROLE IF EXISTS gov_owner")
        admin.execute("CREATE ROLE gov_owner; GRANT gov_owner TO first_apply WITH ADMIN OPTION")
    right = rights()["apply: ADMIN on gov_owner"]
    assert not right.held
    assert "first_apply made gov_owner" in right.remedy
