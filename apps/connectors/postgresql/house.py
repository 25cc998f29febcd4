"""The owner and the schemas of our views: made when the first one is, gone with the last."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.contracts import Refused
from apps.connectors.postgresql import names
from apps.connectors.postgresql.facts import OPTIONS_SINCE, Facts


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


def leave_house(connection: psycopg.Connection[Any]) -> None:
    """Drop our schemas when no view is left and nobody is led to them any more.

    The owner itself stays: it may own views in another database of the cluster.
    """
    row = connection.execute(
        "SELECT obj_description(n.oid, 'pg_namespace') IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid)"
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
