"""Ways to get more than was decided that are closed: each is tried here and fails."""

import contextlib

import psycopg
import pytest
from psycopg import sql

from apps.semantics.filters import Compare, Operator
from apps.semantics.masks import NULL, REDACT, Mask, MaskFunction
from tests.connectors.postgresql.estate import EU, KEY, PASSWORD, US, Estate, grant
from tests.connectors.postgresql.test_probe import differing

ORDERS = "sales.orders"
PARTIAL = Mask(MaskFunction.PARTIAL, first=1)
TOKEN = Mask(MaskFunction.TOKEN, domain="person")
ROWS = [grant("alice", ["id", "region"], EU)]
VIEW = [grant("alice", ["id", "region", "email"], EU, masks={"email": PARTIAL})]


def session(estate: Estate, who: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(estate.db.url_as(who, PASSWORD), autocommit=True)


def way_in(documents: dict) -> str:
    return "gov.orders" if documents[ORDERS]["mode"] == "view" else ORDERS


def count(rows: list[tuple[object, ...]]) -> object:
    return rows[0][0]


@pytest.mark.parametrize("rules", [ROWS, VIEW], ids=["rows", "view"])
def test_a_cached_plan_knows_no_more_than_a_new_one(estate: Estate, rules: list) -> None:
    relation = way_in(estate.apply(*rules))
    with session(estate, "alice") as alice:
        alice.execute("SET plan_cache_mode = force_generic_plan")
        alice.execute(f"PREPARE mine AS SELECT id FROM {relation}")
        assert len(alice.execute("EXECUTE mine").fetchall()) == 10
        members = [r for r, each in estate.target.read().own[ORDERS]["roles"].items()]
        estate.sql(f'REVOKE "{members[0]}" FROM alice GRANTED BY sen_apply')
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            alice.execute("EXECUTE mine")
    estate.apply(*rules)
    with session(estate, "alice") as alice:
        alice.execute(f"PREPARE mine AS SELECT id FROM {relation}")
        estate.target.remove(ORDERS)
        with pytest.raises(psycopg.Error) as refused:
            alice.execute("EXECUTE mine")
        assert refused.value.sqlstate in ("42501", "42P01")


@pytest.mark.parametrize("rules", [ROWS, VIEW], ids=["rows", "view"])
def test_a_snapshot_from_before_keeps_no_access(estate: Estate, rules: list) -> None:
    relation = way_in(estate.apply(*rules))
    with session(estate, "alice") as alice:
        alice.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert count(alice.execute("SELECT count(*) FROM pg_class").fetchall())
        (role,) = estate.target.read().own[ORDERS]["roles"]
        estate.sql(f'REVOKE "{role}" FROM alice GRANTED BY sen_apply')
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            alice.execute(f"SELECT count(*) FROM {relation}")


def test_a_blind_write_reaches_no_further_than_the_filter(estate: Estate) -> None:
    estate.apply(*ROWS)
    estate.sql("GRANT DELETE, UPDATE ON sales.orders TO alice")
    with session(estate, "alice") as alice:
        for statement in (
            "DELETE FROM sales.orders",
            "UPDATE sales.orders SET note = 'x'",
            "DELETE FROM sales.orders RETURNING 1",
        ):
            with alice.transaction(force_rollback=True):
                assert alice.execute(statement).rowcount == 10
    assert differing(estate.ask("alice", ORDERS, *ROWS)) == {}


def test_who_does_not_inherit_is_restricted_and_not_let_in(estate: Estate) -> None:
    estate.sql("GRANT USAGE ON SCHEMA sales TO carol; GRANT SELECT ON sales.orders TO carol")
    estate.sql("CREATE ROLE dora LOGIN NOINHERIT; CREATE ROLE readers; GRANT readers TO dora")
    estate.sql("GRANT carol TO dora")
    deny = grant("alice", ["id"], EU)
    estate.apply(deny, grant("carol", ["id"], US))
    subject = estate.target.read().own[ORDERS]["subject"]
    member, usage = estate.sql(
        f"SELECT pg_has_role('dora', '{subject}', 'MEMBER'),"
        f" pg_has_role('carol', '{subject}', 'MEMBER')"
    )[0]
    assert member
    assert usage
    estate.sql("GRANT SELECT ON sales.orders TO dora; GRANT USAGE ON SCHEMA sales TO dora")
    rows = estate.sql("SET ROLE dora; SELECT count(*) FROM sales.orders")
    assert count(rows) in (0, 10)


def test_a_stacked_view_tests_whoever_asks(estate: Estate) -> None:
    bob = grant("bob", ["id", "region", "email"])
    estate.apply(*VIEW, bob)
    estate.sql("GRANT CREATE ON SCHEMA public TO bob")
    with session(estate, "bob") as own:
        own.execute("CREATE VIEW public.stacked AS SELECT * FROM gov.orders")
        own.execute("GRANT SELECT ON public.stacked TO carol, alice")
    assert estate.rows_as("carol", "SELECT * FROM public.stacked") == []
    mine = estate.rows_as("alice", "SELECT region, email FROM public.stacked")
    assert len(mine) == 10
    assert set(mine) == {("EU", "p***")}


def test_a_view_that_somebody_built_on_ours_keeps_no_access_alive(estate: Estate) -> None:
    """Nothing of theirs is dropped, and it shows nothing any more."""
    documents = estate.apply(*VIEW)
    estate.sql("GRANT CREATE ON SCHEMA public TO alice")
    with session(estate, "alice") as alice:
        alice.execute("CREATE VIEW public.theirs AS SELECT * FROM gov.orders")
        assert len(alice.execute("SELECT * FROM public.theirs").fetchall()) == 10
    fewer = [grant("alice", ["id"], EU, masks={"id": NULL})]
    narrower = estate.apply(*fewer)
    assert estate.target.read().own == narrower
    assert estate.rows_as("alice", "SELECT id FROM gov.orders") == [(None,)] * 10
    assert estate.refuses("alice", "SELECT * FROM public.theirs") == "42501"
    estate.target.remove(ORDERS)
    assert ORDERS not in estate.target.read().own
    assert estate.refuses("alice", "SELECT * FROM public.theirs") == "42501"
    assert estate.apply(*VIEW) == documents == estate.target.read().own
    estate.sql("DROP VIEW public.theirs")
    estate.target.remove(ORDERS)
    left = "SELECT count(*) FROM pg_class WHERE relnamespace::regnamespace::text = 'gov'"
    assert count(estate.sql(left)) == 0


def test_a_copy_that_somebody_makes_holds_what_they_see(estate: Estate) -> None:
    estate.apply(*VIEW)
    estate.sql("GRANT CREATE ON SCHEMA public TO alice")
    with session(estate, "alice") as alice:
        alice.execute("CREATE TABLE public.mine AS SELECT * FROM gov.orders")
        assert alice.execute("SELECT DISTINCT region, email FROM public.mine").fetchall() == [
            ("EU", "p***")
        ]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            alice.execute("CREATE TABLE public.all AS SELECT * FROM sales.orders")


@pytest.mark.parametrize("rules", [ROWS, VIEW], ids=["rows", "view"])
def test_a_column_that_is_added_is_hidden_until_it_is_decided(estate: Estate, rules: list) -> None:
    estate.apply(*rules)
    estate.sql("ALTER TABLE sales.orders ADD COLUMN passport text DEFAULT 'P1'")
    for relation in (ORDERS, "gov.orders"):
        assert estate.refuses("alice", f"SELECT passport FROM {relation}") in (
            "42501",
            "42703",
            "42P01",
            "3F000",
        )
    assert differing(estate.ask("alice", ORDERS, *rules)) == {}


def test_a_typed_table_that_grows_shows_no_more(estate: Estate) -> None:
    estate.sql("CREATE TYPE sales.thing AS (id int, region text)")
    estate.sql("CREATE TABLE sales.things OF sales.thing (PRIMARY KEY (id))")
    estate.sql("ALTER TABLE sales.things OWNER TO loader; ALTER TYPE sales.thing OWNER TO loader")
    estate.sql("INSERT INTO sales.things VALUES (1, 'EU'), (2, 'US')")
    rule = grant("alice", None, EU, dataset="sales.things")
    estate.apply(rule)
    assert estate.rows_as("alice", "SELECT * FROM sales.things") == [(1, "EU")]
    estate.sql("ALTER TYPE sales.thing ADD ATTRIBUTE secret text CASCADE")
    assert estate.refuses("alice", "SELECT secret FROM sales.things") == "42501"


@pytest.mark.parametrize("rules", [ROWS, VIEW], ids=["rows", "view"])
def test_replica_mode_switches_nothing_off(estate: Estate, rules: list) -> None:
    relation = way_in(estate.apply(*rules))
    rows = estate.sql(
        f"SET session_replication_role = replica; SET ROLE alice; SELECT count(*) FROM {relation}"
    )
    assert rows == [(10,)]


def test_no_setting_of_ones_own_is_an_identity(estate: Estate) -> None:
    estate.apply(*VIEW)
    with session(estate, "alice") as alice:
        for name in ("gov.mark", "app.user", "seneschal.user", "my.role"):
            alice.execute("SELECT set_config(%s, 'bob', false)", (name,))
        for setting in (
            "search_path = sales, public",
            "row_security = off",
            "session_replication_role = origin",
            "search_path = pg_temp, gov",
        ):
            try:
                alice.execute(f"SET {setting}")
            except psycopg.Error:
                continue
            rows = alice.execute("SELECT DISTINCT region, email FROM gov.orders").fetchall()
            assert rows == [("EU", "p***")]


def test_later_grants_on_all_tables_open_nothing(estate: Estate) -> None:
    estate.apply(*VIEW, grant("bob", ["id"], US))
    estate.sql("GRANT USAGE ON SCHEMA gov TO carol")
    estate.sql("GRANT SELECT ON ALL TABLES IN SCHEMA gov TO carol, bob")
    assert estate.rows_as("carol", "SELECT * FROM gov.orders") == []
    seen = estate.rows_as("bob", "SELECT region, email FROM gov.orders")
    assert seen == [(None, None)] * 10
    assert estate.target.read().own[ORDERS]["amiss"]
    estate.apply(*VIEW, grant("bob", ["id"], US))
    assert estate.refuses("bob", "SELECT email FROM gov.orders") == "42501"


def test_default_privileges_of_anybody_land_on_no_view_of_ours(estate: Estate) -> None:
    estate.apply(*VIEW)
    for role in ("sen_apply", "gov_owner", "loader"):
        estate.sql(f"ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT SELECT ON TABLES TO carol")
    estate.target.remove(ORDERS)
    estate.apply(*VIEW)
    assert "amiss" not in estate.target.read().own[ORDERS]
    estate.sql("GRANT USAGE ON SCHEMA gov TO carol")
    assert estate.refuses("carol", "SELECT * FROM gov.orders") == "42501"


def test_what_a_second_grantor_gave_is_taken_back(estate: Estate) -> None:
    estate.apply(*VIEW)
    (role,) = estate.target.read().own[ORDERS]["roles"]
    estate.sql(
        "GRANT CREATE, USAGE ON SCHEMA gov TO bob;"
        "SET ROLE gov_owner; GRANT SELECT ON gov.orders TO bob WITH GRANT OPTION;"
        "SET ROLE bob; GRANT SELECT ON gov.orders TO carol; RESET ROLE"
    )
    assert estate.target.read().own[ORDERS]["amiss"]
    estate.apply(*VIEW)
    held = "SELECT has_any_column_privilege('carol', 'gov.orders', 'SELECT')"
    assert estate.sql(held) == [(False,)]
    estate.sql(f'GRANT "{role}" TO bob WITH ADMIN OPTION')
    assert estate.target.read().own[ORDERS] != estate.render(*VIEW)[ORDERS]


def test_a_view_replaced_without_its_barrier_is_found_and_mended(estate: Estate) -> None:
    documents = estate.apply(*VIEW)
    view = documents[ORDERS]["view"]["select"]
    estate.sql(f"CREATE OR REPLACE VIEW gov.orders AS {view}")
    assert estate.target.read().own[ORDERS]["view"]["barrier"] is False
    estate.apply(*VIEW)
    assert estate.target.read().own == documents
    options = "SELECT reloptions FROM pg_class WHERE oid = 'gov.orders'::regclass"
    assert estate.sql(options) == [(["security_barrier=true"],)]


def test_a_cheap_function_sees_no_row_behind_the_barrier(estate: Estate) -> None:
    estate.apply(*VIEW)
    estate.sql("GRANT CREATE ON SCHEMA public TO alice")
    with session(estate, "alice") as alice:
        heard: list[str] = []
        alice.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
        alice.execute(
            "CREATE FUNCTION public.peek(text) RETURNS bool COST 0.0000001 LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
        )
        alice.execute("SELECT id FROM gov.orders WHERE public.peek(email)").fetchall()
    assert set(heard) == {"p***"}


def test_the_owner_of_our_views_never_stays_in_the_owner_of_the_tables(estate: Estate) -> None:
    documents = estate.apply(*VIEW)
    estate.sql("SET ROLE sen_apply; GRANT loader TO gov_owner") if estate.db.major < 16 else (
        estate.sql("GRANT loader TO sen_apply WITH ADMIN OPTION"),
        estate.sql("SET SESSION AUTHORIZATION sen_apply; GRANT loader TO gov_owner"),
    )
    assert estate.target.read().own["database"]["owner"]["member_of"] == ["loader"]
    estate.apply(*VIEW)
    assert estate.target.read().own["database"] == documents["database"]


@pytest.mark.parametrize("rules", [ROWS, VIEW], ids=["rows", "view"])
def test_a_table_that_was_swapped_is_found_and_decided_anew(estate: Estate, rules: list) -> None:
    documents = estate.apply(*rules)
    estate.sql("ALTER TABLE sales.orders RENAME TO old_orders")
    estate.sql("CREATE TABLE sales.orders (LIKE sales.old_orders INCLUDING ALL)")
    estate.sql("ALTER TABLE sales.orders OWNER TO loader")
    estate.sql("INSERT INTO sales.orders VALUES (1, 'EU', 'neu@example.org', 1, '2000-01-01', 'n')")
    assert estate.target.read().own[ORDERS] != documents[ORDERS]
    estate.apply(*rules)
    assert estate.target.read().own == documents
    assert differing(estate.ask("alice", ORDERS, *rules)) == {}
    assert estate.refuses("alice", "SELECT id FROM sales.old_orders") == "42501"
    assert estate.sql(
        "SELECT relrowsecurity FROM pg_class WHERE oid = 'sales.old_orders'::regclass"
    ) == [(False,)]


@pytest.mark.parametrize("rules", [ROWS, VIEW], ids=["rows", "view"])
def test_a_schema_that_was_renamed_is_found(estate: Estate, rules: list) -> None:
    documents = estate.apply(*rules)
    estate.sql("ALTER SCHEMA sales RENAME TO shop")
    assert estate.target.read().own[ORDERS] != documents[ORDERS]
    relation = "gov.orders" if documents[ORDERS]["mode"] == "view" else "shop.orders"
    assert len(estate.rows_as("alice", f"SELECT id FROM {relation}")) == 10
    estate.target.remove(ORDERS)
    assert ORDERS not in estate.target.read().own
    assert estate.refuses("alice", "SELECT id FROM shop.orders") == "42501"


# Masks and their key


def test_no_value_makes_a_mask_fail(estate: Estate) -> None:
    estate.sql("""
      CREATE TABLE sales.odd (id int PRIMARY KEY, t text, v varchar(4), b bigint, n numeric,
        s smallint, d date, p timestamp, z timestamptz);
      INSERT INTO sales.odd VALUES
        (1, '', '', -9223372036854775808, 'NaN', -32768, 'infinity', '-infinity', 'infinity'),
        (2, repeat('x', 99999), 'äöü€', 9223372036854775807, -1e100, 32767, '4713-01-01 BC',
         '4714-11-24 00:00:00 BC', '294276-12-31 23:59:59'),
        (3, E'\\'"\\\\%s', NULL, NULL, 1e-50, NULL, '5874897-12-31', NULL, '0001-01-01 BC'),
        (4, NULL, 'abcd', 0, NULL, 0, NULL, '2020-02-29', '2020-12-31 23:30:00-05');
      ALTER TABLE sales.odd OWNER TO loader""")
    year, bucket = Mask(MaskFunction.YEAR), Mask(MaskFunction.BUCKET, size=1000)
    masks = {
        "t": TOKEN, "v": Mask(MaskFunction.PARTIAL, first=1, last=2), "b": bucket, "n": bucket,
        "s": bucket, "d": year, "p": year, "z": year,
    }  # fmt: skip
    everything = Compare("id", Operator.GT, 0)
    rule = grant("alice", None, everything, dataset="sales.odd", masks=masks)
    estate.apply(rule)
    answer = estate.ask("alice", "sales.odd", rule)
    assert estate.rows_as("alice", "SELECT count(t), count(v), count(b) FROM gov.odd") == [
        (3, 3, 3)
    ]
    lines = {check.asked: check for check in answer.checks}
    assert all(lines[name].error == "" for name in masks)
    hashed = {**masks, "t": Mask(MaskFunction.HASH), "v": REDACT, "b": Mask(MaskFunction.HASH)}
    estate.apply(grant("alice", None, everything, dataset="sales.odd", masks=hashed))
    assert len(estate.rows_as("alice", "SELECT t, v, b, n, s FROM gov.odd")) == 4


def test_a_cast_of_a_masked_column_fails_on_the_mask_alone(estate: Estate) -> None:
    estate.apply(*VIEW)
    with (
        session(estate, "alice") as alice,
        pytest.raises(psycopg.errors.InvalidTextRepresentation) as error,
    ):
        alice.execute("SELECT email::int FROM gov.orders")
    assert "person" not in str(error.value)
    assert "p***" in str(error.value)


def test_a_predicate_on_a_masked_column_sees_the_mask(estate: Estate) -> None:
    estate.apply(*VIEW)
    raw = "SELECT count(*) FROM gov.orders WHERE email LIKE 'person%'"
    assert count(estate.rows_as("alice", raw)) == 0
    ordered = "SELECT string_agg(email, ',' ORDER BY email) FROM gov.orders"
    assert set(str(count(estate.rows_as("alice", ordered))).split(",")) == {"p***"}
    assert "person" not in str(estate.rows_as("alice", "SELECT to_jsonb(o) FROM gov.orders o"))
    assert "person" not in str(estate.rows_as("alice", "SELECT o::text FROM gov.orders o"))
    stats = "SELECT count(*) FROM pg_stats WHERE tablename = 'orders'"
    estate.sql("ANALYZE sales.orders")
    assert count(estate.rows_as("alice", stats)) == 0


def test_an_explained_plan_tells_counts_and_no_value(estate: Estate) -> None:
    estate.apply(*VIEW)
    query = "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM gov.orders"
    text = "\n".join(str(line) for (line,) in estate.rows_as("alice", query))
    assert "example.org" not in text
    assert "Rows Removed by Filter" in text


def keyed(estate: Estate) -> None:
    estate.apply(grant("alice", ["id", "email"], EU, masks={"email": TOKEN}))


def test_the_mask_key_is_in_no_catalog(estate: Estate) -> None:
    keyed(estate)
    assert estate.target.key is not None
    inner, outer = estate.target.key.pads()
    everything = estate.sql("""
      SELECT string_agg(t, ' ') FROM (
        SELECT pg_get_viewdef(oid) AS t FROM pg_class WHERE relkind = 'v'
        UNION ALL SELECT pg_get_expr(polqual, polrelid) FROM pg_policy
        UNION ALL SELECT prosrc FROM pg_proc
        UNION ALL SELECT description FROM pg_description
        UNION ALL SELECT description FROM pg_shdescription
        UNION ALL SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting) x""")
    text = str(everything)
    for secret in (KEY, inner.hex(), outer.hex()):
        assert secret not in text
    query = "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM gov.orders"
    assert inner.hex() not in str(estate.rows_as("alice", query))


def test_the_mask_key_is_in_no_log_even_when_everything_is_logged(estate: Estate) -> None:
    estate.sql("ALTER ROLE sen_apply SET log_min_duration_statement = 0")
    estate.sql("ALTER ROLE sen_apply SET log_statement = 'all'")
    before = estate.db.cluster.log.stat().st_size
    keyed(estate)
    assert estate.target.key is not None
    inner, outer = estate.target.key.pads()
    with estate.db.cluster.log.open("rb") as log:
        log.seek(before)
        written = log.read()
    assert b"COPY" in written
    for secret in (KEY.encode(), inner.hex().encode(), outer.hex().encode(), inner, outer):
        assert secret not in written


@pytest.mark.parametrize("group", ["pg_read_all_data", "pg_write_all_data"])
def test_who_may_read_or_write_everything_reaches_no_key(estate: Estate, group: str) -> None:
    keyed(estate)
    estate.sql(f"GRANT {group} TO bob")
    with session(estate, "bob") as bob:
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            assert bob.execute("SELECT * FROM govk.k").fetchall() == []
        for attempt in (
            "UPDATE govk.k SET op = ''",
            "DELETE FROM govk.k",
            "INSERT INTO govk.k VALUES ('x', '', '')",
        ):
            try:
                assert bob.execute(attempt).rowcount == 0
            except psycopg.errors.InsufficientPrivilege:
                continue
    assert count(estate.sql("SELECT count(*) FROM govk.k WHERE length(op) = 64")) == 1


def test_nobody_can_have_a_token_made(estate: Estate) -> None:
    keyed(estate)
    ours = "SELECT count(*) FROM pg_proc WHERE pronamespace::regnamespace::text LIKE 'gov%'"
    assert count(estate.sql(ours)) == 0
    assert estate.refuses("alice", "SELECT ip FROM govk.k") == "42501"
    assert estate.refuses("alice", "CREATE VIEW pg_temp.x AS SELECT * FROM govk.k") == "42501"


# Our own doings


def test_nothing_of_our_session_reaches_the_next_client_of_a_pooler(estate: Estate) -> None:
    """The same server session is used on, as a pooler in transaction mode does."""
    login = estate.target.asker
    names = ("role", "search_path", "statement_timeout", "lock_timeout", "TimeZone")
    ask = sql.SQL("SELECT {}").format(
        sql.SQL(", ").join(
            sql.SQL("current_setting({})").format(sql.Literal(name)) for name in names
        )
    )
    with psycopg.connect(estate.db.url_as(login.user, PASSWORD), autocommit=True) as shared:
        before = shared.execute(ask).fetchone()
        with shared.transaction():
            login._prepare(shared)
            shared.execute("SET LOCAL ROLE alice")
            assert shared.execute(ask).fetchone() != before
        assert shared.execute(ask).fetchone() == before


def test_a_prober_that_can_become_everybody_is_governed_by_nothing(estate: Estate) -> None:
    documents = estate.apply(*ROWS)
    assert "sen_probe" not in str(documents[ORDERS])
    assert "sen_probe" not in str(estate.target.read().own[ORDERS])
    assert differing(estate.ask("alice", ORDERS, *ROWS)) == {}


def test_a_policy_that_was_there_stays_as_narrow_as_it_was(estate: Estate) -> None:
    estate.sql("""
      ALTER TABLE sales.orders ENABLE ROW LEVEL SECURITY;
      CREATE POLICY theirs ON sales.orders FOR SELECT USING (id = 4);
      GRANT USAGE ON SCHEMA sales TO carol; GRANT SELECT ON sales.orders TO carol""")
    before = estate.rows_as("carol", "SELECT id FROM sales.orders")
    documents = estate.apply(*ROWS)
    assert estate.rows_as("carol", "SELECT id FROM sales.orders") == before == [(4,)]
    assert estate.sql("SELECT polname FROM pg_policy ORDER BY 1") == [("gov_row",), ("theirs",)]
    assert estate.target.read().own == documents
    found = differing(estate.ask("alice", ORDERS, *ROWS))
    assert found["Rows of sales.orders"] == "1 of 40"
    estate.target.remove(ORDERS)
    assert estate.sql(
        "SELECT relrowsecurity FROM pg_class WHERE oid = 'sales.orders'::regclass"
    ) == [(True,)]


def test_a_mask_of_null_is_null_however_it_is_asked(estate: Estate) -> None:
    estate.apply(grant("alice", None, EU, masks={"email": NULL}))
    assert count(estate.rows_as("alice", "SELECT count(email) FROM gov.orders")) == 0
