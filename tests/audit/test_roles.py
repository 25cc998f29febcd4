"""The roles that run the product can add to the book, and nothing else: PostgreSQL sees to it."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.audit import services
from apps.core.actors import SystemActor
from controlplane.embedded.roles import WEB, WORKER
from controlplane.grants import grant_runtime

ACTOR = SystemActor("test")
Connection = psycopg.Connection[tuple[object, ...]]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[WEB, WORKER])
def runtime(
    request: pytest.FixtureRequest, runtime_url: Callable[[str], str]
) -> Iterator[Connection]:
    """A connection as a runtime role to a book with a sealed and an unsealed entry."""
    grant_runtime()
    for _ in range(2):
        with transaction.atomic():
            services.record(action="test.write_entry", subject="thing:1", actor=ACTOR)
        services.checkpoint(at=timezone.now(), actor=ACTOR)
    with psycopg.connect(runtime_url(request.param), autocommit=True) as conn:
        yield conn


BOOK = ("audit_entry", "audit_seal", "audit_checkpoint", "audit_verification")

FORBIDDEN = [
    *(
        f"UPDATE {table} SET {column} = {column}"
        for table, column in [
            ("audit_entry", "body"),
            ("audit_seal", "hash"),
            ("audit_checkpoint", "hash"),
            ("audit_verification", "reason"),
        ]
    ),
    *(f"DELETE FROM {table}" for table in BOOK),
    *(f"TRUNCATE {table}" for table in BOOK),
    *(f"DROP TABLE {table}" for table in BOOK),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in BOOK),
    *(f"ALTER TABLE {table} DISABLE TRIGGER audit_no_change" for table in BOOK),
    *(f"DROP TRIGGER audit_no_change ON {table}" for table in BOOK),
    *(f"SELECT * FROM {table} FOR UPDATE" for table in BOOK),
    *(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE" for table in BOOK),
    "DELETE FROM audit_entry_default",
    "TRUNCATE audit_entry_default",
    "INSERT INTO audit_entry_default (at, body) VALUES (now(), '{}')",
    "ALTER TABLE audit_entry DETACH PARTITION audit_entry_default",
    "ALTER TABLE audit_entry ALTER COLUMN body TYPE text",
    "ALTER TABLE audit_entry OWNER TO CURRENT_USER",
    "CREATE TRIGGER mine BEFORE INSERT ON audit_entry EXECUTE FUNCTION audit_refuse()",
    "CREATE RULE mine AS ON INSERT TO audit_entry DO INSTEAD NOTHING",
    "ALTER FUNCTION audit_refuse() RENAME TO gone",
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN NULL; END $$",
    "DROP FUNCTION audit_refuse() CASCADE",
    "SELECT audit_guard('audit_seal', false)",
    "SET session_replication_role = replica",
    "SET LOCAL session_replication_role = replica",
    "SELECT set_config('session_replication_role', 'replica', false)",
    "SET ROLE seneschal_owner",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "GRANT UPDATE ON audit_entry TO CURRENT_USER; UPDATE audit_entry SET body = body",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "CREATE TABLE public.audit_shadow ()",
    "CREATE SCHEMA mine",
    "SELECT setval('audit_entry_id_seq', 1)",
    "INSERT INTO audit_entry (id, at, body) VALUES (1, now(), '{}')",
    "INSERT INTO audit_entry (xact, at, body) VALUES ('0', now(), '{}')",
    "MERGE INTO audit_seal AS s USING (SELECT 1) AS x ON true WHEN MATCHED THEN DELETE",
    "INSERT INTO audit_seal SELECT * FROM audit_seal ON CONFLICT (seq) DO UPDATE SET hash = ''",
    "COPY audit_entry TO PROGRAM 'true'",
    "SELECT lo_import('/etc/hostname')",
    "REINDEX TABLE audit_entry",
    "CLUSTER audit_seal USING audit_seal_pkey",
]


def test_a_runtime_role_can_change_nothing_that_stands_in_the_book(runtime: Connection) -> None:
    before = _digest()
    outcomes = {statement: _outcome(runtime, statement) for statement in FORBIDDEN}
    allowed = {st: why for st, why in outcomes.items() if why != "InsufficientPrivilege"}
    assert allowed == {}
    assert _digest() == before


def _outcome(conn: Connection, statement: str) -> str:
    """The name of the error that the database answers with."""
    try:
        with conn.transaction():
            conn.execute(statement)
    except psycopg.Error as error:
        return type(error).__name__
    return "it was done"


def test_a_runtime_role_can_add_and_read(runtime: Connection) -> None:
    body = '{"action":"a","actor":"b:c","at":"2026-01-01T00:00:00Z","subject":"d:e","uuid":"%s"}'
    body %= "00000000-0000-4000-8000-000000000000"
    runtime.execute("INSERT INTO audit_entry (at, body) VALUES ('2026-01-01Z', %s)", [body])
    assert runtime.execute("SELECT count(*) FROM audit_entry").fetchone() == (3,)


def test_a_runtime_role_can_have_partitions_made_and_nothing_else(runtime: Connection) -> None:
    made = runtime.execute("SELECT audit_make_partitions(current_date, 7)").fetchall()
    assert made
    with pytest.raises(psycopg.errors.RaiseException, match="1 to 24"):
        runtime.execute("SELECT audit_make_partitions(current_date, 1000)")
    with connection.cursor() as cursor:
        for (name,) in made:
            cursor.execute(f"DROP TABLE {name}")


def test_a_temporary_table_does_not_lead_the_owners_function_astray(runtime: Connection) -> None:
    runtime.execute("CREATE TEMP TABLE audit_entry_default (at timestamptz)")
    runtime.execute("INSERT INTO pg_temp.audit_entry_default SELECT now() + interval '6 months'")
    made = runtime.execute("SELECT audit_make_partitions(current_date, 7)").fetchall()
    assert made, "what counted was the real default partition"
    with connection.cursor() as cursor:
        for (name,) in made:
            cursor.execute(f"DROP TABLE {name}")


def _digest() -> object:
    """What the whole book says, as one value."""
    with connection.cursor() as cursor:
        tables = ", ".join(f"(SELECT md5(string_agg(t::text, ',')) FROM {t} AS t)" for t in BOOK)
        cursor.execute(
            f"SELECT {tables}, (SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'audit\\_%' "
            "AND tgenabled = 'A')"
        )
        return cursor.fetchone()
