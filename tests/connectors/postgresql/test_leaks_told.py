"""Ways to get more than was decided that no rule of ours closes: each is told, with who gains.

The scan tells it before anything is approved; asked as the person, the proof does not agree.
"""

import psycopg
import pytest

from apps.semantics.masks import REDACT, Mask, MaskFunction
from tests.connectors.postgresql.estate import EU, PASSWORD, Estate, grant
from tests.connectors.postgresql.test_probe import differing

ORDERS = "sales.orders"
PARTIAL = Mask(MaskFunction.PARTIAL, first=1)
ROWS = [grant("alice", ["id", "region"], EU)]
VIEW = [grant("alice", ["id", "region", "email"], EU, masks={"email": PARTIAL})]
BOTH = pytest.mark.parametrize("rules", [ROWS, VIEW], ids=["rows", "view"])


def told(estate: Estate, kind: str) -> dict[str, set[str]]:
    """Who gains, by what they gain through."""
    found: dict[str, set[str]] = {}
    for bypass in estate.scanner.scan().bypasses:
        if bypass.kind == kind:
            assert bypass.text.endswith(".")
            found.setdefault(bypass.through, set()).update(bypass.principals)
    return found


def open_sales(estate: Estate) -> None:
    estate.sql("GRANT USAGE ON SCHEMA sales TO PUBLIC")


@BOTH
def test_a_view_with_its_owners_rights_shows_raw_rows(estate: Estate, rules: list) -> None:
    open_sales(estate)
    estate.apply(*rules)
    estate.sql("""
      SET ROLE loader; CREATE VIEW sales.everything AS SELECT * FROM sales.orders;
      GRANT SELECT ON sales.everything TO alice""")
    assert told(estate, "definer_view") == {"sales.everything": {"alice"}}
    found = differing(estate.ask("alice", ORDERS, *rules))
    assert found == {"sales.everything, which is built on sales.orders": "answered"}
    assert len(estate.rows_as("alice", "SELECT email FROM sales.everything")) == 40


@BOTH
def test_a_materialized_view_keeps_its_rows(estate: Estate, rules: list) -> None:
    open_sales(estate)
    estate.apply(*rules)
    estate.sql("""
      SET ROLE loader; CREATE MATERIALIZED VIEW sales.copied AS SELECT * FROM sales.orders;
      GRANT SELECT ON sales.copied TO alice""")
    assert told(estate, "materialized_view") == {"sales.copied": {"alice"}}
    found = differing(estate.ask("alice", ORDERS, *rules))
    assert found == {"sales.copied, which is built on sales.orders": "answered"}


def test_a_function_with_its_owners_rights_shows_raw_rows(estate: Estate) -> None:
    estate.apply(*ROWS)
    estate.sql("""
      SET ROLE loader;
      CREATE FUNCTION sales.all_of_it() RETURNS SETOF text SECURITY DEFINER LANGUAGE sql
        BEGIN ATOMIC SELECT email FROM sales.orders; END""")
    open_sales(estate)
    assert told(estate, "definer_function")["sales.all_of_it()"] == {"PUBLIC"}
    assert len(estate.rows_as("alice", "SELECT sales.all_of_it()")) == 40


def test_a_function_over_our_view_sees_it_as_its_owner(estate: Estate) -> None:
    estate.apply(*VIEW, grant("bob", ["id", "email"]))
    estate.sql("GRANT CREATE ON SCHEMA public TO bob")
    with psycopg.connect(estate.db.url_as("bob", PASSWORD), autocommit=True) as bob:
        bob.execute("""
          CREATE FUNCTION public.lend() RETURNS SETOF text SECURITY DEFINER LANGUAGE sql
            BEGIN ATOMIC SELECT email FROM gov.orders; END""")
    assert len(estate.rows_as("carol", "SELECT public.lend()")) == 40
    assert told(estate, "definer_function")["public.lend()"] == {"PUBLIC"}
    bypasses = estate.scanner.scan().bypasses
    assert {b.dataset for b in bypasses if b.kind == "definer_function"} == {ORDERS}


@BOTH
def test_a_cursor_that_is_open_delivers_on_and_is_waited_for(estate: Estate, rules: list) -> None:
    document = estate.apply(*rules)[ORDERS]
    relation = "gov.orders" if document["mode"] == "view" else ORDERS
    with psycopg.connect(estate.db.url_as("alice", PASSWORD)) as alice:
        alice.execute(f"DECLARE mine NO SCROLL CURSOR FOR SELECT id FROM {relation}")
        assert len(alice.execute("FETCH 1 FROM mine").fetchall()) == 1
        (role,) = document["roles"]
        estate.sql(f'REVOKE "{role}" FROM alice GRANTED BY sen_apply')
        assert len(alice.execute("FETCH ALL FROM mine").fetchall()) == 9
        found = differing(estate.ask("alice", ORDERS))
        assert found == {"Sessions of alice that still hold it open": "1"}
        alice.rollback()
        assert differing(estate.ask("alice", ORDERS)) == {}


@BOTH
@pytest.mark.parametrize(
    ("right", "kind"), [("TRUNCATE", "truncate"), ("TRIGGER", "trigger"),
                        ("REFERENCES", "key_oracle")]
)  # fmt: skip
def test_rights_beside_reading_tell_or_destroy(
    estate: Estate, rules: list, right: str, kind: str
) -> None:
    open_sales(estate)
    estate.apply(*rules)
    estate.sql(f"GRANT {right} ON sales.orders TO alice")
    assert told(estate, kind) == {right: {"alice"}}
    (line,) = differing(estate.ask("alice", ORDERS, *rules))
    assert line.startswith(f"{right} on sales.orders, which ")


def test_who_may_insert_finds_out_which_hidden_keys_exist(estate: Estate) -> None:
    open_sales(estate)
    estate.apply(*ROWS)
    estate.sql("GRANT INSERT ON sales.orders TO alice")
    clash = "INSERT INTO sales.orders (id, region) VALUES (2, 'EU')"
    assert estate.refuses("alice", clash) == "23505"
    with pytest.raises(psycopg.errors.UniqueViolation) as error:
        estate.rows_as("alice", clash)
    assert error.value.diag.message_detail is None
    assert differing(estate.ask("alice", ORDERS, *ROWS)) == {
        "INSERT on sales.orders, which tells by its key which hidden rows exist": "held"
    }


def test_a_blind_write_past_a_view_is_told(estate: Estate) -> None:
    open_sales(estate)
    estate.apply(*VIEW)
    estate.sql("GRANT DELETE, UPDATE ON sales.orders TO alice")
    assert differing(estate.ask("alice", ORDERS, *VIEW)) == {
        "DELETE on every row of sales.orders, undone": "40 rows",
        "UPDATE on every row of sales.orders, undone": "40 rows",
    }
    assert estate.sql("SELECT count(*), count(note) FROM sales.orders") == [(40, 32)]


def test_a_cascade_deletes_rows_that_are_hidden(estate: Estate) -> None:
    estate.sql("""
      SET ROLE loader; CREATE TABLE sales.regions (region int PRIMARY KEY);
      ALTER TABLE sales.orders ADD COLUMN r int REFERENCES sales.regions ON DELETE CASCADE;
      GRANT DELETE ON sales.regions TO alice""")
    gains = told(estate, "cascade")
    assert set().union(*gains.values()) == {"alice"}


@BOTH
def test_what_everybody_may_read_is_told_and_found(estate: Estate, rules: list) -> None:
    open_sales(estate)
    estate.apply(*rules)
    estate.sql("GRANT SELECT ON sales.orders TO PUBLIC")
    assert told(estate, "public") == {"PUBLIC": {"PUBLIC"}}
    assert differing(estate.ask("alice", ORDERS, *rules))
    assert differing(estate.ask("carol", ORDERS, *rules))["Rows of sales.orders"] == "40 of 40"


def test_default_privileges_open_what_is_not_there_yet(estate: Estate) -> None:
    estate.sql("""
      ALTER DEFAULT PRIVILEGES FOR ROLE loader IN SCHEMA sales GRANT SELECT ON TABLES TO alice""")
    gains = told(estate, "default_privileges")
    assert any("alice" in people for people in gains.values())


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ("GRANT pg_read_all_data TO carol", "read_all_data"),
        ("GRANT pg_write_all_data TO carol", "write_all_data"),
        ("ALTER ROLE carol REPLICATION", "replication"),
        ("ALTER ROLE carol BYPASSRLS", "bypass_rls"),
        ("ALTER ROLE carol SUPERUSER", "superuser"),
        ("GRANT loader TO carol", "owner_member"),
        ("GRANT pg_read_server_files TO carol", "server_files"),
        ("GRANT pg_execute_server_program TO carol", "server_programs"),
    ],
)
def test_a_powerful_role_is_told_with_its_person(estate: Estate, made: str, kind: str) -> None:
    estate.apply(*ROWS)
    assert not any("carol" in people for people in told(estate, kind).values())
    estate.sql(made)
    assert any("carol" in people for people in told(estate, kind).values())
    if kind != "superuser":
        return
    assert not estate.ask("carol", ORDERS, *ROWS).agrees


def test_a_published_table_is_told(estate: Estate) -> None:
    estate.sql("""
      SET SESSION AUTHORIZATION sen_apply; SET ROLE loader; RESET ROLE;
      RESET SESSION AUTHORIZATION; CREATE PUBLICATION out FOR TABLE sales.orders;
      ALTER ROLE carol REPLICATION""")
    assert any("carol" in people for people in told(estate, "publication").values())


def test_who_has_only_the_admin_option_is_told_and_taken_out(estate: Estate) -> None:
    documents = estate.apply(*ROWS)
    (role,) = documents[ORDERS]["roles"]
    options = " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE" if estate.db.major >= 16 else (
        " WITH ADMIN OPTION"
    )  # fmt: skip
    estate.sql(f'SET SESSION AUTHORIZATION sen_apply; GRANT "{role}" TO carol{options}')
    if estate.db.major >= 16:
        assert any("carol" in people for people in told(estate, "admin_option").values())
    assert estate.target.read().own != documents
    estate.target.write(ORDERS, documents[ORDERS])
    assert estate.target.read().own == documents


def test_who_makes_roles_gives_themselves_no_role_of_ours_unnoticed(estate: Estate) -> None:
    documents = estate.apply(*ROWS)
    (role,) = documents[ORDERS]["roles"]
    estate.sql("ALTER ROLE carol CREATEROLE")
    state = estate.refuses("carol", f'GRANT "{role}" TO carol')
    if estate.db.major >= 16:
        assert state == "42501"
        return
    assert state == ""  # before 16 CREATEROLE is enough to grant oneself any role
    assert any("carol" in people for people in told(estate, "create_role").values())
    assert estate.target.read().own[ORDERS] != documents[ORDERS]
    estate.target.write(ORDERS, documents[ORDERS])
    assert estate.refuses("carol", "SELECT id FROM sales.orders") == "42501"


@BOTH
def test_a_group_that_reads_more_than_its_member_is_found(estate: Estate, rules: list) -> None:
    """A person-level restriction is evaded by SET ROLE to the group."""
    estate.sql("""
      CREATE ROLE analysts; GRANT analysts TO alice;
      GRANT USAGE ON SCHEMA sales TO analysts; GRANT SELECT ON sales.orders TO analysts""")
    estate.apply(*rules)
    found = differing(estate.ask("alice", ORDERS, *rules))
    assert found["As analysts: rows of sales.orders"] == "40"


def test_a_group_that_is_decided_about_is_decided_for_its_members(estate: Estate) -> None:
    estate.sql("""
      CREATE ROLE analysts; CREATE ROLE seniors; GRANT analysts TO seniors;
      GRANT seniors TO alice; GRANT analysts TO bob""")
    documents = estate.apply(grant("analysts", ["id"], EU))
    (role,) = documents[ORDERS]["roles"].values()
    assert role["members"] == ["alice", "bob"]
    for who in ("alice", "bob"):
        assert len(estate.rows_as(who, "SELECT id FROM sales.orders")) == 10
        assert differing(estate.ask(who, ORDERS, grant(who, ["id"], EU))) == {}
    rows = "SET ROLE analysts; SELECT count(*) FROM sales.orders"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        estate.sql(f"SET SESSION AUTHORIZATION alice; {rows}")


def test_a_foreign_table_that_leads_back_is_told(estate: Estate) -> None:
    try:
        estate.sql("CREATE EXTENSION postgres_fdw")
    except psycopg.Error:  # not part of this server: a wrapper of the same name does for the scan
        estate.sql("CREATE FOREIGN DATA WRAPPER postgres_fdw")
    estate.sql(f"""
      CREATE SERVER back FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname '{estate.db.name}');
      CREATE FOREIGN TABLE sales.mirror (id int) SERVER back
        OPTIONS (schema_name 'sales', table_name 'orders');
      GRANT SELECT ON sales.mirror TO alice""")
    assert any("alice" in people for people in told(estate, "foreign_table").values())


def test_the_values_of_a_filter_can_be_read_by_all_and_nothing_else_of_the_data(
    estate: Estate,
) -> None:
    estate.apply(*ROWS)
    text = str(estate.rows_as("carol", "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy"))
    assert "EU" in text
    assert "example.org" not in text


def test_somebody_who_can_log_in_no_more_is_found(estate: Estate) -> None:
    rule = grant("alice", ["id", "email"], EU, masks={"email": REDACT})
    estate.apply(rule)
    estate.sql("ALTER ROLE alice VALID UNTIL '2020-01-01'")
    (answered,) = differing(estate.ask("alice", ORDERS, rule)).values()
    assert answered.startswith("no: the role is valid until")
    estate.sql("ALTER ROLE alice VALID UNTIL 'infinity' NOLOGIN")
    assert differing(estate.ask("alice", ORDERS, rule)) == {
        "alice can log in": "no: the role has no LOGIN"
    }
