"""The owner and the schemas of our views: made when the first one is, gone with the last."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.contracts import Refused
from apps.connectors.postgresql import names
from apps.connectors.postgresql.facts import OPTIONS_SINCE, Facts
from apps.connectors.postgresql.types import written


def run(connection: psycopg.Connection[Any], *statements: Composable) -> None:
    """Send each statement."""
    for statement in statements:
        connection.execute(SQL("{}").format(statement))


@contextmanager
def acting_as(connection: psycopg.Connection[Any], role: str) -> Iterator[None]:
    """Be another role while the block lasts."""
    row = connection.execute("SELECT current_user").fetchone()
    assert row is not None
    run(connection, SQL("SET LOCAL ROLE {}").format(Identifier(role)))
    yield
    run(connection, SQL("SET LOCAL ROLE {}").format(Identifier(row[0])))


def make_house(connection: psycopg.Connection[Any], facts: Facts) -> None:
    """The owner of our views and their schema, where they are not there yet.

    Raises Refused when the schema belongs to somebody else.
    """
    if names.OWNER not in {role for role, *_ in facts.roles}:
        run(connection, SQL("CREATE ROLE {} NOLOGIN").format(Identifier(names.OWNER)))
    _join_owner(connection)
    make_schema(connection, facts, names.SCHEMA)


def make_schema(connection: psycopg.Connection[Any], facts: Facts, schema: str) -> None:
    """One of our schemas. Raises Refused when it belongs to somebody else."""
    owners = {name: owner for name, owner, _ in facts.schemas}
    if schema not in owners:
        run(
            connection,
            SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(
                Identifier(schema), Identifier(names.OWNER)
            ),
        )
    elif owners[schema] != names.OWNER:
        raise Refused(f"The schema {schema} belongs to {owners[schema]}, not to us.")


def _join_owner(connection: psycopg.Connection[Any]) -> None:
    """Be able to act as the owner of our views; a superuser can already."""
    modern = connection.info.server_version >= OPTIONS_SINCE
    how = "SET" if modern else "MEMBER"
    row = connection.execute("SELECT pg_has_role(%s, %s)", (names.OWNER, how)).fetchone()
    if row is None or not row[0]:
        options = " WITH INHERIT FALSE, SET TRUE" if modern else ""
        statement = SQL("GRANT {} TO CURRENT_USER" + options).format(Identifier(names.OWNER))
        run(connection, statement)


def settle_owner(
    connection: psycopg.Connection[Any], among: Collection[tuple[str, str]] | None
) -> None:
    """Leave the owner of our views the right to read what they read, and no other.

    Looks among these tables, each a schema and a name; among all when that is None.
    """
    schemas, tables = zip(*sorted(among), strict=True) if among else ((), ())
    about = {"all": among is None, "schemas": list(schemas), "tables": list(tables)}
    owner = Identifier(names.OWNER)
    for schema, name, column in connection.execute(_NEEDLESS.encode(), about).fetchall():
        revoke = SQL("REVOKE SELECT ({}) ON {} FROM {} CASCADE")
        run(connection, revoke.format(Identifier(column), Identifier(schema, name), owner))
    for schema, grantor in connection.execute(_NEEDLESS_SCHEMAS.encode(), about).fetchall():
        with acting_as(connection, grantor):
            revoke = SQL("REVOKE USAGE ON SCHEMA {} FROM {} CASCADE")
            run(connection, revoke.format(Identifier(schema), owner))


def drop_or_empty(connection: psycopg.Connection[Any], name: str, kind: str) -> None:
    """Drop what stands in our schema under the name.

    Where others built on it, nothing of theirs is touched and nobody keeps a row through it: it
    stays, under another name, with its columns and without any rows.
    """
    what = {"v": "VIEW", "m": "MATERIALIZED VIEW", "r": "TABLE"}[kind]
    on = Identifier(names.SCHEMA, name)
    with acting_as(connection, names.OWNER):
        try:
            with connection.transaction():
                run(connection, SQL("DROP " + what + " {}").format(on))
        except psycopg.errors.DependentObjectsStillExist as error:
            if kind != "v":
                raise Refused(
                    f"gov.{name} is no view any more, and something is built on it: "
                    f"{error.diag.message_detail}. Drop that first."
                ) from error
            _empty(connection, name)


def _empty(connection: psycopg.Connection[Any], name: str) -> None:
    on = Identifier(names.SCHEMA, name)
    columns = [
        SQL("NULL::{}{} AS {}").format(
            SQL(written(type)),
            SQL(" COLLATE {}").format(Identifier(*collation)) if collation[0] else SQL(""),
            Identifier(column),
        )
        for column, type, *collation in connection.execute(_VIEW_COLUMNS, (name,)).fetchall()
    ]
    number = connection.execute("SELECT count(*) + 1 FROM pg_class").fetchone()
    left = f"{_SHELL}{number[0] if number else 0}__{name[:40]}"
    run(
        connection,
        SQL(
            "CREATE OR REPLACE VIEW {} WITH (security_barrier = true) AS SELECT {} WHERE false"
        ).format(on, SQL(", ").join(columns)),
        SQL("ALTER VIEW {} RENAME TO {}").format(on, Identifier(left)),
        SQL("COMMENT ON VIEW {} IS {}").format(
            Identifier(names.SCHEMA, left), sql.Literal(names.mark_of(gone=name))
        ),
    )


def drop_empty_ones(connection: psycopg.Connection[Any]) -> None:
    """Drop the views that were left empty for others' sake and that nobody needs any more."""
    for (name,) in connection.execute(_NEEDLESS_SHELLS).fetchall():
        with acting_as(connection, names.OWNER):
            run(connection, SQL("DROP VIEW {}").format(Identifier(names.SCHEMA, name)))


def leave_house(connection: psycopg.Connection[Any]) -> None:
    """Drop our schemas when no view is left and nobody is led to them any more.

    The owner itself stays: it may own views in another database of the cluster.
    """
    drop_empty_ones(connection)
    row = connection.execute(
        "SELECT obj_description(n.oid, 'pg_namespace') IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass"
        " AND d.refobjid = n.oid AND d.classid = 'pg_class'::regclass)"
        " FROM pg_namespace n JOIN pg_roles o ON o.oid = n.nspowner"
        " WHERE n.nspname = 'gov' AND o.rolname = 'gov_owner'"
    ).fetchone()
    if row is None or not row[0]:
        return
    with acting_as(connection, names.OWNER):
        run(connection, SQL("DROP SCHEMA {}").format(Identifier(names.SCHEMA)))
        run(
            connection, SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(names.KEY_SCHEMA))
        )


_SHELL = "gone_"
"""How the name of a view begins that is left without rows: they are found by it."""

_VIEW_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), coalesce(s.nspname, ''),
       coalesce(l.collname, '')
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_collation l ON l.oid = a.attcollation AND a.attcollation <> t.typcollation
LEFT JOIN pg_namespace s ON s.oid = l.collnamespace
WHERE a.attnum > 0 AND a.attrelid =
  (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('gov') AND relname = %s)
ORDER BY a.attnum
"""

_NEEDLESS_SHELLS = """
SELECT c.relname FROM pg_class c
JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass
WHERE c.relnamespace = to_regnamespace('gov') AND d.description LIKE 'seneschal {"gone"%'
  AND c.relname >= 'gone_' AND c.relname < 'gone`'
  AND NOT EXISTS (
    SELECT 1 FROM pg_depend p JOIN pg_rewrite w ON w.oid = p.objid
    WHERE p.classid = 'pg_rewrite'::regclass AND p.refclassid = 'pg_class'::regclass
      AND p.refobjid = c.oid AND w.ev_class <> c.oid)
"""

_NEEDLESS = """
SELECT n.nspname, c.relname, a.attname
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(a.attacl) x JOIN pg_roles g ON g.oid = x.grantee
WHERE a.attacl IS NOT NULL AND g.rolname = 'gov_owner' AND c.relowner <> g.oid
  AND x.privilege_type = 'SELECT'
  AND (%(all)s OR c.oid = ANY(ARRAY(
    SELECT t.oid FROM unnest(%(schemas)s::name[], %(tables)s::name[]) AS u(schema, name)
    JOIN pg_class t ON t.relname = u.name
    JOIN pg_namespace s ON s.oid = t.relnamespace AND s.nspname = u.schema)))
  AND NOT EXISTS (
    SELECT 1 FROM pg_depend d
    JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
    JOIN pg_class v ON v.oid = w.ev_class AND v.relnamespace = to_regnamespace('gov')
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = a.attnum)
"""

_NEEDLESS_SCHEMAS = """
SELECT n.nspname, pg_get_userbyid(x.grantor)
FROM pg_namespace n
CROSS JOIN LATERAL aclexplode(CASE WHEN n.nspacl <> '{}' THEN array_cat(n.nspacl, '{}') END) x
JOIN pg_roles g ON g.oid = x.grantee
WHERE g.rolname = 'gov_owner' AND x.privilege_type = 'USAGE' AND n.nspowner <> g.oid
  AND (%(all)s OR n.nspname = ANY(%(schemas)s::name[]))
  AND NOT EXISTS (
    SELECT 1 FROM pg_shdepend d JOIN pg_class c ON c.oid = d.objid AND c.relnamespace = n.oid
    WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = g.oid AND d.deptype = 'a'
      AND d.classid = 'pg_class'::regclass
      AND d.dbid::bigint =
        (SELECT oid::bigint FROM pg_database WHERE datname = current_database()))
"""
"""Those in which it may read nothing any more, now that what it need not read is gone."""
