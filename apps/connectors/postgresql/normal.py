"""How PostgreSQL writes down an expression of ours, asked from PostgreSQL itself.

A policy or view is stored parsed and read back in the server's own words. To tell whether what
stands is what we wrote, our text is given to the server once more, in a transaction that is rolled
back, and the two answers are compared.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.sql import SQL, Identifier

from apps.connectors.contracts import Unreachable
from apps.connectors.postgresql import names
from apps.connectors.postgresql.connect import Login

_TABLE, _VIEW = "seneschal_normal", "seneschal_normal_view"


@dataclass(frozen=True, slots=True)
class Policy:
    """The text of a row policy over a table, whose columns have this signature."""

    schema: str
    table: str
    signature: str
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """The text of a view."""

    text: str


Text = Policy | View


@dataclass
class Normal:
    """Remembers how the server writes our texts; asks it for those not yet known, all at once."""

    login: Login
    known: dict[Text, str] = field(default_factory=dict)

    def stands(self, standing: Mapping[Text, str]) -> frozenset[Text]:
        """Those texts that are what stands, given as the server writes it."""
        unsure = [text for text, found in standing.items() if self.known.get(text) != found]
        if unsure:
            with self._undone() as connection:
                for text in unsure:
                    self.known[text] = _asked(connection, text)
        return frozenset(text for text, found in standing.items() if self.known[text] == found)

    @contextmanager
    def _undone(self) -> Iterator[psycopg.Connection[Any]]:
        with self.login.writing() as connection:
            yield connection
            raise psycopg.Rollback


def _asked(connection: psycopg.Connection[Any], text: Text) -> str:
    """The server's wording; empty when it no longer understands the text."""
    try:
        with connection.transaction(force_rollback=True):
            if isinstance(text, View):
                return _view(connection, text)
            return _policy(connection, text)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unreachable(f"What stands there could not be compared with ours: {error}") from error
    except psycopg.errors.DatabaseError as error:
        if error.sqlstate and error.sqlstate[:2] in ("42", "22", "3F", "0A"):
            return ""
        raise


def _view(connection: psycopg.Connection[Any], text: View) -> str:
    connection.execute(SQL("SET LOCAL ROLE {}").format(Identifier(names.OWNER)))
    connection.execute(
        SQL("CREATE VIEW {} AS {}").format(Identifier(names.SCHEMA, _VIEW), SQL(text.text))
    )
    return _one(
        connection,
        SQL("SELECT pg_get_viewdef({}::regclass)").format(sql.Literal(f"{names.SCHEMA}.{_VIEW}")),
    )


def _policy(connection: psycopg.Connection[Any], text: Policy) -> str:
    connection.execute(
        SQL("CREATE TEMP TABLE {} (LIKE {})").format(
            Identifier(_TABLE), Identifier(text.schema, text.table)
        )
    )
    connection.execute(
        SQL("CREATE POLICY gov_row ON pg_temp.{} USING ({})").format(
            Identifier(_TABLE), SQL(text.text)
        )
    )
    return _one(
        connection,
        SQL(
            "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = {}::regclass"
        ).format(sql.Literal(f"pg_temp.{_TABLE}")),
    )


def _one(connection: psycopg.Connection[Any], query: sql.Composed) -> str:
    row = connection.execute(query).fetchone()
    return str(row[0]) if row else ""
