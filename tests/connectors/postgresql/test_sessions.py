"""Many calls within a session: one connection of ours, and still nothing of ours overlooked."""

import psycopg
import pytest

from apps.connectors.contracts import Unreachable
from apps.semantics.masks import REDACT
from tests.connectors.postgresql.estate import EU, Estate, grant

ORDERS = "sales.orders"

OURS = "pid <> pg_backend_pid() AND application_name = 'seneschal'"


def test_calls_within_a_session_share_a_connection_that_ends_with_it(estate: Estate) -> None:
    documents = estate.render(grant("alice", ["id"], EU))
    seen = set()
    with estate.target.session():
        for _ in range(2):
            estate.target.write(ORDERS, documents[ORDERS])
            estate.target.read()
            seen.add(tuple(estate.sql(f"SELECT pid FROM pg_stat_activity WHERE {OURS}")))
    assert len(seen) == 1
    assert len(seen.pop()) == 1
    assert estate.sql(f"SELECT pid FROM pg_stat_activity WHERE {OURS}") == []


def test_a_connection_that_broke_is_not_used_again(estate: Estate) -> None:
    documents = estate.render(grant("alice", ["id"], EU))
    with estate.target.session():
        estate.target.write(ORDERS, documents[ORDERS])
        estate.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {OURS}")
        with pytest.raises(Unreachable):
            estate.target.write(ORDERS, documents[ORDERS])
        estate.target.write(ORDERS, documents[ORDERS])


def test_what_is_ours_on_a_table_renamed_meanwhile_is_still_found(estate: Estate) -> None:
    estate.apply(grant("alice", ["id"], EU))
    with estate.target.session():
        estate.target.read()
        estate.sql("ALTER TABLE sales.orders RENAME TO purchases")
        estate.target.remove(ORDERS)
    assert estate.target.read().own == {}
    assert estate.sql("SELECT count(*) FROM pg_policy WHERE polname LIKE 'gov%'") == [(0,)]


def test_a_view_renamed_by_hand_goes_with_what_its_owner_could_read(estate: Estate) -> None:
    estate.apply(grant("alice", ["id", "note"], EU, masks={"note": REDACT}))
    estate.sql("ALTER VIEW gov.orders RENAME TO other")
    estate.target.remove(ORDERS)
    assert ORDERS not in estate.target.read().own
    assert estate.sql("SELECT to_regclass('gov.other')") == [(None,)]
    assert estate.sql(OWNER_READS) == []


def test_a_view_dropped_by_hand_leaves_its_owner_no_right_once_it_is_removed(
    estate: Estate,
) -> None:
    estate.apply(grant("alice", ["id", "note"], EU, masks={"note": REDACT}))
    estate.sql("DROP VIEW gov.orders")
    assert estate.sql(OWNER_READS) != []
    estate.target.remove(ORDERS)
    assert estate.sql(OWNER_READS) == []


OWNER_READS = """
SELECT a.attname FROM pg_attribute a, aclexplode(a.attacl) x
WHERE x.grantee = to_regrole('gov_owner') AND a.attrelid = 'sales.orders'::regclass
"""


def test_a_write_sends_as_many_statements_however_many_documents_there_are(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    execute = psycopg.Connection.execute

    def noted(self, query, *rest, **named):  # type: ignore[no-untyped-def]
        sent.append(str(query))
        return execute(self, query, *rest, **named)

    documents = estate.apply(grant("alice", ["id"], EU))

    def put_right() -> int:
        with estate.target.session():
            estate.target.write(ORDERS, documents[ORDERS])
            estate.sql("ALTER TABLE sales.orders DISABLE ROW LEVEL SECURITY")
            sent.clear()
            with monkeypatch.context() as patched:
                patched.setattr(psycopg.Connection, "execute", noted)
                estate.target.write(ORDERS, documents[ORDERS])
            return len(sent)

    few = put_right()
    estate.sql(
        "CREATE TABLE sales.more (id int, region text); ALTER TABLE sales.more OWNER TO loader"
    )
    more = grant("alice", ["id"], EU, key="more", dataset="sales.more")
    estate.apply(grant("alice", ["id"], EU), more)
    assert put_right() == few
