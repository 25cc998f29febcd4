"""Every way past a rule that a scan can see is found on the live server, with who gains by it."""

import psycopg
import pytest

from apps.connectors.contracts import Bypass
from apps.connectors.postgresql.scan import listing_of, scan_from
from tests.servers import WarehouseDatabase

WORLD = """
CREATE ROLE owner_role NOLOGIN;
CREATE ROLE analysts NOLOGIN;
CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN NOINHERIT; CREATE ROLE eve LOGIN;
GRANT analysts TO alice; GRANT analysts TO bob;
CREATE SCHEMA s AUTHORIZATION owner_role;
SET ROLE owner_role;
CREATE TABLE s.people (id int PRIMARY KEY, email text);
RESET ROLE;
"""


@pytest.fixture
def admin(warehouse_db: WarehouseDatabase):
    with warehouse_db.connect() as connection:
        connection.execute(WORLD)
        yield connection


def found(admin: psycopg.Connection, dataset: str | None = "s.people") -> dict[tuple, tuple]:
    """(kind, through) → principals, of one dataset or of the whole system (None)."""
    bypasses = scan_from(listing_of(admin)).bypasses
    assert all(one.text.endswith(".") and isinstance(one, Bypass) for one in bypasses)
    return {
        (one.kind, one.through): one.principals
        for one in bypasses
        if one.dataset == (dataset or "") and one.through != "postgres"
    }


def remedies(admin: psycopg.Connection, kind: str) -> list[str]:
    return [one.remedy for one in scan_from(listing_of(admin)).bypasses if one.kind == kind]


def test_a_table_that_nothing_else_touches_has_no_bypass(admin: psycopg.Connection) -> None:
    admin.execute("GRANT SELECT ON s.people TO analysts")
    assert found(admin) == {}
    assert found(admin, None) == {}


def test_a_definer_view_is_one_for_those_who_may_read_it(admin: psycopg.Connection) -> None:
    admin.execute("SET ROLE owner_role; CREATE VIEW s.v AS SELECT * FROM s.people; RESET ROLE")
    assert found(admin) == {("definer_view", "s.v"): ()}
    admin.execute("GRANT SELECT ON s.v TO analysts, eve")
    assert found(admin) == {("definer_view", "s.v"): ("alice", "bob", "eve")}
    (remedy,) = remedies(admin, "definer_view")
    admin.execute(remedy)
    assert found(admin) == {}


def test_a_view_over_views_shows_what_any_of_them_reads_as_somebody_else(
    admin: psycopg.Connection,
) -> None:
    admin.execute(
        "CREATE VIEW s.inner_definer AS SELECT * FROM s.people;"
        "CREATE VIEW s.outer_invoker WITH (security_invoker) AS SELECT * FROM s.inner_definer;"
        "CREATE VIEW s.inner_invoker WITH (security_invoker) AS SELECT * FROM s.people;"
        "CREATE VIEW s.outer_definer AS SELECT * FROM s.inner_invoker;"
        "GRANT SELECT ON s.outer_invoker, s.inner_invoker, s.outer_definer TO eve"
    )
    assert found(admin) == {
        ("definer_view", "s.inner_definer"): (),
        ("definer_view", "s.outer_invoker"): ("eve",),
        ("definer_view", "s.outer_definer"): ("eve",),
    }


def test_our_own_views_are_none_but_a_view_stacked_on_them_is(admin: psycopg.Connection) -> None:
    admin.execute(
        "CREATE SCHEMA gov; CREATE VIEW gov.people AS SELECT id FROM s.people;"
        "GRANT SELECT ON gov.people TO alice; CREATE VIEW s.stacked AS SELECT * FROM gov.people;"
        "GRANT SELECT ON s.stacked TO eve"
    )
    assert found(admin) == {}
    assert found(admin, "gov.people") == {("definer_view", "s.stacked"): ("eve",)}


def test_a_materialized_view_keeps_rows(admin: psycopg.Connection) -> None:
    admin.execute(
        "CREATE MATERIALIZED VIEW s.m AS SELECT * FROM s.people; GRANT SELECT ON s.m TO eve"
    )
    assert found(admin) == {("materialized_view", "s.m"): ("eve",)}


def test_children_and_partitions_can_be_asked_directly(admin: psycopg.Connection) -> None:
    admin.execute(
        "CREATE TABLE s.child () INHERITS (s.people); GRANT SELECT (email) ON s.child TO analysts;"
        "CREATE TABLE s.events (at int) PARTITION BY RANGE (at);"
        "CREATE TABLE s.mid PARTITION OF s.events FOR VALUES FROM (0) TO (9)"
        " PARTITION BY RANGE (at);"
        "CREATE TABLE s.leaf PARTITION OF s.mid FOR VALUES FROM (0) TO (5);"
        "GRANT SELECT ON s.leaf TO eve; GRANT SELECT ON s.events TO alice"
    )
    assert found(admin) == {("child", "s.child"): ("alice", "bob")}
    assert found(admin, "s.events") == {("child", "s.mid"): (), ("child", "s.leaf"): ("eve",)}
    assert found(admin, "s.leaf") == {("parent", "s.events"): ("alice",)}


def test_a_definer_function_is_certain_when_parsed_and_possible_when_text(
    admin: psycopg.Connection,
) -> None:
    admin.execute(
        "SET ROLE owner_role;"
        "CREATE FUNCTION s.parsed() RETURNS bigint SECURITY DEFINER"
        " BEGIN ATOMIC SELECT count(*) FROM s.people; END;"
        "CREATE FUNCTION s.worded() RETURNS bigint SECURITY DEFINER SET search_path = s"
        " LANGUAGE sql AS 'SELECT count(*) FROM People';"
        "CREATE FUNCTION s.elsewhere() RETURNS bigint SECURITY DEFINER SET search_path = public"
        " LANGUAGE sql AS 'SELECT 1 AS people';"
        "CREATE FUNCTION s.invoker() RETURNS bigint LANGUAGE sql"
        " AS 'SELECT count(*) FROM s.people';"
        "CREATE FUNCTION s.dynamic(q text) RETURNS void SECURITY DEFINER LANGUAGE plpgsql"
        " AS 'BEGIN EXECUTE q; END'; RESET ROLE;"
        "REVOKE EXECUTE ON FUNCTION s.worded() FROM PUBLIC;"
        "GRANT EXECUTE ON FUNCTION s.worded() TO eve"
    )
    assert found(admin) == {
        ("definer_function", "s.parsed()"): ("PUBLIC",),
        ("definer_function", "s.worded()"): ("eve",),
    }
    assert found(admin, None) == {("dynamic_function", "s.dynamic(text)"): ("PUBLIC",)}


def test_a_definer_function_of_somebody_who_cannot_read_it_is_none(
    admin: psycopg.Connection,
) -> None:
    admin.execute(
        "GRANT USAGE, CREATE ON SCHEMA s TO eve; SET ROLE eve;"
        "CREATE FUNCTION s.f() RETURNS bigint SECURITY DEFINER LANGUAGE plpgsql"
        " AS 'BEGIN RETURN (SELECT count(*) FROM s.people); END'"
    )
    admin.execute("RESET ROLE")
    assert found(admin) == {}
    admin.execute("GRANT SELECT ON s.people TO eve")
    assert found(admin) == {("definer_function", "s.f()"): ("PUBLIC",)}


@pytest.mark.parametrize(
    ("privilege", "kind"),
    [("TRIGGER", "trigger"), ("REFERENCES", "key_oracle"), ("TRUNCATE", "truncate")],
)
def test_rights_beside_select_tell_or_destroy(
    admin: psycopg.Connection, privilege: str, kind: str
) -> None:
    admin.execute(f"GRANT {privilege} ON s.people TO analysts")
    assert found(admin) == {(kind, privilege): ("alice", "bob")}
    (remedy,) = remedies(admin, kind)
    admin.execute(remedy)
    assert found(admin) == {}


def test_public_may_read(admin: psycopg.Connection) -> None:
    admin.execute("GRANT SELECT ON s.people TO PUBLIC")
    assert found(admin) == {("public", "PUBLIC"): ("PUBLIC",)}
    (remedy,) = remedies(admin, "public")
    admin.execute(remedy)
    assert found(admin) == {}


def test_default_privileges_open_what_is_not_there_yet(admin: psycopg.Connection) -> None:
    admin.execute(
        "ALTER DEFAULT PRIVILEGES FOR ROLE owner_role IN SCHEMA s"
        " GRANT SELECT ON TABLES TO analysts;"
        "ALTER DEFAULT PRIVILEGES FOR ROLE eve GRANT SELECT ON TABLES TO PUBLIC"
    )
    assert found(admin, None) == {
        ("default_privileges", "owner_role in schema s"): ("alice", "bob"),
        ("default_privileges", "eve in every schema"): ("PUBLIC",),
    }
    for remedy in remedies(admin, "default_privileges"):
        admin.execute(remedy)
    assert found(admin, None) == {}


def test_powerful_roles_and_those_who_can_become_them(
    admin: psycopg.Connection, warehouse_db: WarehouseDatabase
) -> None:
    admin.execute(
        "CREATE ROLE root2 LOGIN SUPERUSER; CREATE ROLE bypasser NOLOGIN BYPASSRLS;"
        "CREATE ROLE replica LOGIN REPLICATION; CREATE ROLE maker LOGIN CREATEROLE;"
        "GRANT bypasser TO bob; GRANT pg_read_all_data TO analysts; GRANT owner_role TO alice"
    )
    expected = {
        ("superuser", "root2"): ("root2",),
        ("bypass_rls", "bypasser"): ("bob",),
        ("replication", "replica"): ("replica",),
        ("read_all_data", "alice"): ("alice",),
        ("read_all_data", "bob"): ("bob",),
        ("owner_member", "owner_role"): ("alice",),
    }
    if warehouse_db.major < 16:
        expected["create_role", "maker"] = ("maker",)
    assert found(admin, None) == expected


def test_who_has_only_the_admin_option_can_still_give_it_to_himself(
    admin: psycopg.Connection, warehouse_db: WarehouseDatabase
) -> None:
    if warehouse_db.major < 16:
        admin.execute("GRANT owner_role TO eve WITH ADMIN OPTION")
        assert found(admin, None) == {("owner_member", "owner_role"): ("eve",)}
        return
    admin.execute("GRANT owner_role TO eve WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
    assert found(admin, None) == {("admin_option", "eve in owner_role"): ("eve",)}


def test_a_publication_hands_rows_to_whoever_may_replicate(admin: psycopg.Connection) -> None:
    admin.execute("CREATE PUBLICATION feed FOR ALL TABLES")
    assert found(admin) == {}
    admin.execute("ALTER ROLE eve REPLICATION")
    assert found(admin) == {("publication", "feed"): ("eve",)}


def test_a_foreign_table_may_lead_back_into_the_same_database(
    admin: psycopg.Connection, warehouse_db: WarehouseDatabase
) -> None:
    available = admin.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgres_fdw'")
    if available.fetchone() is None:  # the embedded server has no wrapper: stand one in by name
        admin.execute("CREATE FOREIGN DATA WRAPPER postgres_fdw")
    else:
        admin.execute("CREATE EXTENSION postgres_fdw")
    admin.execute(
        "CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw"
        f" OPTIONS (dbname '{warehouse_db.name}');"
        "CREATE FOREIGN TABLE s.f (id int) SERVER loop"
        " OPTIONS (schema_name 's', table_name 'people'); GRANT SELECT ON s.f TO eve"
    )
    assert found(admin) == {("foreign_table", "s.f"): ("eve",)}


def test_rewrite_rules_work_with_the_owners_rights(admin: psycopg.Connection) -> None:
    admin.execute(
        "CREATE TABLE s.log (email text); GRANT INSERT ON s.log TO eve;"
        "CREATE RULE copy AS ON INSERT TO s.log"
        " DO ALSO INSERT INTO s.people (id, email) VALUES (1, NEW.email)"
    )
    assert found(admin) == {("rule", "copy on s.log"): ("eve",)}


def test_cascades_reach_rows_that_the_caller_cannot_see(admin: psycopg.Connection) -> None:
    admin.execute(
        "CREATE TABLE s.mail (person int REFERENCES s.people ON DELETE CASCADE);"
        "GRANT DELETE ON s.people TO eve"
    )
    assert found(admin, "s.mail") == {("cascade", "mail_person_fkey to s.people"): ("eve",)}


def test_a_role_that_reaches_a_group_only_by_set_role_gains_too(
    admin: psycopg.Connection,
) -> None:
    admin.execute("GRANT SELECT ON s.people TO PUBLIC; CREATE VIEW s.v AS SELECT 1 FROM s.people")
    admin.execute("GRANT SELECT ON s.v TO analysts")
    assert found(admin)["definer_view", "s.v"] == ("alice", "bob")


def test_our_own_logins_are_nobody_who_gains(admin: psycopg.Connection) -> None:
    admin.execute(
        "CREATE ROLE seneschal_scan LOGIN; GRANT pg_read_all_data TO seneschal_scan;"
        "CREATE ROLE seneschal_apply LOGIN; GRANT owner_role TO seneschal_apply"
    )
    listing = listing_of(admin)
    assert {one.kind for one in scan_from(listing).bypasses} >= {"read_all_data", "owner_member"}
    ours = ["seneschal_scan", "seneschal_apply"]
    assert {one.kind for one in scan_from(listing, ours=ours).bypasses} <= {"superuser"}


def test_nobody_is_told_to_take_the_powers_of_the_servers_own_superuser(
    admin: psycopg.Connection,
) -> None:
    admin.execute("CREATE ROLE root2 LOGIN SUPERUSER")
    scan = scan_from(listing_of(admin))
    remedies = {one.through: one.remedy for one in scan.bypasses if one.kind == "superuser"}
    assert remedies["root2"] == 'ALTER ROLE "root2" NOSUPERUSER'
    assert "NOSUPERUSER" not in remedies["postgres"]
    assert "pg_hba.conf" in remedies["postgres"]
    with pytest.raises(psycopg.Error):
        admin.execute(
            'ALTER ROLE "postgres" NOSUPERUSER; SET ROLE postgres; CREATE ROLE x SUPERUSER'
        )
