"""Rules made true on a live PostgreSQL, in both modes, and taken away again."""

from apps.connectors.postgresql.names import DATABASE
from apps.semantics.masks import NULL, REDACT, Mask, MaskFunction
from tests.connectors.postgresql.estate import EU, US, Estate, grant

ORDERS = "sales.orders"


def test_a_filter_alone_is_row_security_on_the_table_itself(estate: Estate) -> None:
    documents = estate.apply(grant("alice", ["id", "region"], EU))
    assert documents[ORDERS]["mode"] == "rows"
    assert len(estate.rows_as("alice", "SELECT id, region FROM sales.orders")) == 10
    assert estate.refuses("alice", "SELECT email FROM sales.orders") == "42501"
    assert estate.refuses("alice", "SELECT * FROM sales.orders") == "42501"
    assert estate.refuses("bob", "SELECT id FROM sales.orders") == "42501"
    assert len(estate.rows_as("loader", "SELECT * FROM sales.orders")) == 40


def test_a_mask_makes_it_a_view_and_the_table_stays_closed(estate: Estate) -> None:
    partial = Mask(MaskFunction.PARTIAL, first=1)
    documents = estate.apply(grant("alice", ["id", "email"], EU, masks={"email": partial}))
    assert documents[ORDERS]["mode"] == "view"
    rows = estate.rows_as("alice", "SELECT id, email FROM orders")
    assert len(rows) == 10
    assert {email for _, email in rows} == {"p***"}
    assert estate.refuses("alice", "SELECT id FROM sales.orders") == "42501"
    assert estate.refuses("bob", "SELECT id FROM gov.orders") == "42501"


def test_a_column_hidden_from_one_person_keeps_its_type_for_another(estate: Estate) -> None:
    """Found by random worlds: CASE WHEN … THEN NULL END is text, which no other branch matched."""
    documents = estate.apply(
        grant("alice", ["id", "born"], EU, masks={"born": NULL}),
        grant("alice", ["id"], US, key="alice-us"),
        grant("bob", ["id", "born"], EU, key="bob-eu"),
    )
    assert documents[ORDERS]["mode"] == "view"
    assert {at for (at,) in estate.rows_as("alice", "SELECT born FROM orders")} == {None}
    seen = estate.rows_as("bob", "SELECT pg_typeof(born)::text, born FROM orders")
    assert {kind for kind, _ in seen} == {"date"}
    assert all(at is not None for _, at in seen)


def test_what_was_written_reads_back_as_it_was_meant(estate: Estate) -> None:
    rows = estate.apply(grant("alice", ["id"], EU))
    assert estate.target.read().own == rows
    view = estate.apply(grant("alice", ["id", "note"], EU, masks={"note": REDACT}))
    assert estate.target.read().own == view
    masked = estate.apply(grant("alice", None, EU, masks={"note": NULL, "email": REDACT}))
    assert estate.target.read().own == masked


def test_removing_leaves_the_database_as_it_was(estate: Estate) -> None:
    before = estate.sql(STATE)
    estate.apply(grant("alice", ["id"], EU))
    estate.target.remove(ORDERS)
    assert estate.sql(STATE) == before
    estate.apply(grant("alice", ["id", "note"], EU, masks={"note": REDACT}))
    estate.target.remove(ORDERS)
    estate.target.remove(DATABASE)
    assert estate.sql(STATE) == before
    estate.target.remove(ORDERS)
    estate.target.remove(DATABASE)


STATE = """
SELECT n.nspname, c.relname, c.relrowsecurity,
       ARRAY(SELECT a::text FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
             ORDER BY 1),
       ARRAY(SELECT a.attname || x::text FROM pg_attribute a, aclexplode(a.attacl) x
             WHERE a.attrelid = c.oid ORDER BY 1),
       ARRAY(SELECT a::text FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
             ORDER BY 1),
       (SELECT count(*) FROM pg_policy),
       (SELECT count(*) FROM pg_auth_members WHERE roleid <> coalesce(to_regrole('gov_owner'), 0)),
       (SELECT array_agg(rolname ORDER BY rolname) FROM pg_roles WHERE rolname <> 'gov_owner'),
       (SELECT array_agg(setconfig ORDER BY setconfig) FROM pg_db_role_setting)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('sales', 'gov') AND c.relkind IN ('r', 'v')
ORDER BY 1, 2
"""
