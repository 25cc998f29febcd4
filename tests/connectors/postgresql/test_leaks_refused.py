"""Ways to get more than was decided that are refused: before approval, or at the write itself."""

from datetime import date

import psycopg
import pytest

from apps.connectors.contracts import Refused
from apps.semantics.filters import Compare, Exists, Hop, Operator
from apps.semantics.masks import REDACT, Mask, MaskFunction
from apps.semantics.rules import Action, Effect, Rule
from tests.connectors.postgresql.estate import EU, US, Estate, grant
from tests.connectors.postgresql.test_probe import differing

ORDERS = "sales.orders"
MASKED = grant("alice", ["id", "email"], EU, masks={"email": REDACT})


def reasons(estate: Estate, *rules: Rule) -> str:
    with pytest.raises(Refused) as refused:
        estate.render(*rules)
    assert all(reason[0] and reason.endswith(".") for reason in refused.value.reasons)
    return " ".join(refused.value.reasons)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("ALTER ROLE alice SUPERUSER", "alice is a superuser"),
        ("ALTER ROLE alice BYPASSRLS", "alice has BYPASSRLS"),
        ("GRANT loader TO alice", "alice owns sales.orders or can act as its owner loader"),
        ("GRANT pg_read_all_data TO alice", "alice is a member of pg_read_all_data"),
        (
            "CREATE ROLE boss BYPASSRLS; GRANT boss TO alice",
            "alice can become boss, which has BYPASSRLS",
        ),
        ("CREATE ROLE top SUPERUSER; GRANT top TO alice", "alice can become top"),
    ],
)
def test_nobody_is_granted_to_whom_nothing_would_hold(estate: Estate, made: str, said: str) -> None:
    documents = estate.render(grant("alice", ["id"], EU))
    estate.sql(made)
    assert said in reasons(estate, grant("alice", ["id"], EU))
    if "top" not in made and "boss" not in made:  # the last scan may be older than that
        with pytest.raises(Refused):
            estate.target.write(ORDERS, documents[ORDERS])
        assert estate.target.read().own == {}


def test_somebody_who_is_not_there_is_granted_nothing(estate: Estate) -> None:
    assert "nobody_here is no role" in reasons(estate, grant("nobody_here", ["id"], EU))


def test_a_materialized_view_is_refused(estate: Estate) -> None:
    estate.sql("CREATE MATERIALIZED VIEW sales.totals AS SELECT region FROM sales.orders")
    rule = grant("alice", ["region"], dataset="sales.totals")
    assert "keeps the rows that its refresher saw" in reasons(estate, rule)


def test_a_foreign_table_is_refused(estate: Estate) -> None:
    estate.sql("""
      CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER away FOREIGN DATA WRAPPER nothing;
      CREATE FOREIGN TABLE sales.remote (id int) SERVER away""")
    rule = grant("alice", ["id"], dataset="sales.remote")
    assert "what its own server allows" in reasons(estate, rule)


PARTITIONS = """
SET ROLE loader;
CREATE TABLE sales.events (id int, region text, note text, PRIMARY KEY (id))
  PARTITION BY RANGE (id);
CREATE TABLE sales.events_1 PARTITION OF sales.events FOR VALUES FROM (0) TO (100);
INSERT INTO sales.events
SELECT n, (ARRAY['EU', 'US'])[1 + n % 2], 'n' FROM generate_series(1, 50) n;
RESET ROLE;
"""


def test_a_partition_is_decided_about_through_its_parent(estate: Estate) -> None:
    estate.sql(PARTITIONS)
    assert "decide about the parent" in reasons(estate, grant("alice", dataset="sales.events_1"))


@pytest.mark.parametrize("masks", [{}, {"note": REDACT}], ids=["rows", "view"])
def test_a_partition_left_open_is_refused_and_a_closed_one_stays_closed(
    estate: Estate, masks: dict
) -> None:
    estate.sql(PARTITIONS + "GRANT USAGE ON SCHEMA sales TO alice, PUBLIC;")
    rule = grant("alice", None, EU, dataset="sales.events", masks=masks)
    estate.apply(rule)
    assert estate.refuses("alice", "SELECT id FROM sales.events_1") == "42501"
    assert differing(estate.ask("alice", "sales.events", rule)) == {}
    estate.sql("""
      ALTER DEFAULT PRIVILEGES FOR ROLE loader IN SCHEMA sales GRANT SELECT ON TABLES TO alice;
      SET ROLE loader;
      CREATE TABLE sales.events_2 PARTITION OF sales.events FOR VALUES FROM (100) TO (200)""")
    said = reasons(estate, rule)
    assert "alice may read sales.events_2 directly, which holds rows of sales.events" in said
    found = differing(estate.ask("alice", "sales.events", rule))
    assert found == {"sales.events_2, which holds rows of sales.events": "answered"}


def test_somebody_elses_way_is_not_borrowed(estate: Estate) -> None:
    """A person-level restriction would be evaded by SET ROLE to the other person."""
    estate.sql("GRANT bob TO alice")
    shared = grant("bob", ["id", "region"], US)
    deny = Rule(
        key="no",
        origin="policy:no",
        effect=Effect.DENY,
        dataset=ORDERS,
        principals=frozenset({"alice"}),
    )
    assert "alice can act as bob, who sees more" in reasons(estate, shared, deny)
    estate.render(shared)


def test_a_mask_that_would_fail_or_change_the_type_is_refused(estate: Estate) -> None:
    said = reasons(estate, grant("alice", None, masks={"born": REDACT}))
    assert "sales.orders.born: The mask redact is for" in said
    said = reasons(estate, grant("alice", None, masks={"note": Mask(MaskFunction.YEAR)}))
    assert "sales.orders.note: The mask year is for" in said
    both = [
        grant("alice", ["id"], masks={"id": Mask(MaskFunction.HASH)}),
        grant("bob", ["id"], masks={"id": Mask(MaskFunction.BUCKET, size=10)}),
    ]
    assert "a column of a view has one type" in reasons(estate, *both)


def test_a_comparison_that_depends_on_the_session_is_refused(estate: Estate) -> None:
    estate.sql("ALTER TABLE sales.orders ADD COLUMN at timestamptz, ADD COLUMN extra jsonb")
    naive = Compare("at", Operator.GT, date(2020, 1, 1))
    assert "cannot be compared" in reasons(estate, grant("alice", ["id"], naive))
    opaque = Compare("extra", Operator.EQ, "{}")
    assert "cannot be compared" in reasons(estate, grant("alice", ["id"], opaque))


def test_a_path_through_a_table_that_is_not_known_is_refused(estate: Estate) -> None:
    path = Exists((Hop(("id",), "sales.nowhere", ("id",)),), Compare("x", Operator.EQ, 1))
    assert "did not see every table" in reasons(estate, grant("alice", ["id"], path))


def test_writing_is_not_granted(estate: Estate) -> None:
    rule = Rule(
        key="w",
        origin="grant:w",
        effect=Effect.GRANT,
        dataset=ORDERS,
        principals=frozenset({"alice"}),
        action=Action.WRITE,
    )
    assert "only reading is governed" in reasons(estate, rule)


def test_a_loader_that_copies_keeps_its_copy(estate: Estate) -> None:
    """COPY FROM fails under row security even where every policy is `true`: so it is a view."""
    estate.sql("CREATE ROLE etl LOGIN PASSWORD 'sesame'; GRANT USAGE ON SCHEMA sales TO etl")
    early = estate.render(grant("alice", ["id"], EU))
    estate.sql("GRANT INSERT ON sales.orders TO etl")
    with pytest.raises(Refused, match="COPY FROM fails"):
        estate.target.write(ORDERS, early[ORDERS])
    documents = estate.apply(grant("alice", ["id"], EU))
    assert documents[ORDERS]["mode"] == "view"
    with psycopg.connect(estate.db.url_as("etl", "sesame")) as etl:
        with etl.cursor().copy("COPY sales.orders (id) FROM STDIN") as rows:
            rows.write_row((99,))
        etl.rollback()


def test_texts_that_are_equal_without_being_the_same_are_no_filter(estate: Estate) -> None:
    loose = "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
    try:
        estate.sql(f"CREATE COLLATION public.loose {loose}")
    except psycopg.errors.FeatureNotSupported:  # no such text can be in this server at all
        return
    estate.sql("ALTER TABLE sales.orders ADD COLUMN who text COLLATE public.loose")
    rule = grant("alice", ["id"], Compare("who", Operator.EQ, "Ann"))
    documents = estate.render(rule)
    with pytest.raises(Refused, match="different texts are equal"):
        estate.target.write(ORDERS, documents[ORDERS])
    assert estate.target.read().own == {}


def test_a_domain_without_null_hides_no_cell(estate: Estate) -> None:
    estate.sql("CREATE DOMAIN sales.mail AS text NOT NULL")
    estate.sql("CREATE TABLE sales.box (id int, m sales.mail)")
    estate.sql("ALTER TABLE sales.box OWNER TO loader")
    rules = [
        grant("alice", ["id", "m"], Compare("id", Operator.EQ, 1), dataset="sales.box"),
        grant("alice", ["id"], Compare("id", Operator.EQ, 2), dataset="sales.box", key="two"),
    ]
    documents = estate.render(*rules)
    with pytest.raises(Refused, match="has no NULL"):
        estate.target.write("sales.box", documents["sales.box"])


def test_a_schema_of_that_name_that_is_not_ours_is_left_alone(estate: Estate) -> None:
    estate.sql("CREATE SCHEMA gov AUTHORIZATION loader")
    documents = estate.render(MASKED)
    with pytest.raises(Refused, match="The schema gov belongs to loader"):
        estate.target.write(ORDERS, documents[ORDERS])
    assert estate.target.read().own == {}


def test_without_a_key_nothing_is_hashed(estate: Estate) -> None:
    estate.target.key = None
    hashed = grant("alice", ["email"], masks={"email": Mask(MaskFunction.HASH)})
    assert "the system has no mask key" in reasons(estate, hashed)
