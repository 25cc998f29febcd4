"""How PostgreSQL writes down an expression of ours, asked from PostgreSQL itself.

A policy or view is stored parsed and read back in the server's own words. To tell whether what
stands is what we wrote, our text is given to the server once more, in a transaction that is rolled
back, and the two answers are compared.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
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
                for alike in _alike(unsure):
                    self._learn(connection, alike)
        return frozenset(text for text, found in standing.items() if self.known[text] == found)

    def _learn(self, connection: psycopg.Connection[Any], alike: Sequence[Text]) -> None:
        """Ask for texts over one and the same columns; a table is made for them once."""
        with connection.transaction(force_rollback=True):
            answers = (_understood(connection, partial(_prepare, text)) for text in alike)
            ready = next(filter(None, answers), "")
            for text in alike:
                ask = partial(_wording, text)
                self.known[text] = ready and _understood(connection, ask, undo=True)

    @contextmanager
    def _undone(self) -> Iterator[psycopg.Connection[Any]]:
        with self.login.writing() as connection:
            yield connection
            raise psycopg.Rollback


def _alike(texts: Iterable[Text]) -> Iterable[Sequence[Text]]:
    """Views by themselves, and policies over columns of the same names and types."""
    found: dict[str, list[Text]] = {}
    for text in texts:
        found.setdefault(text.signature if isinstance(text, Policy) else "", []).append(text)
    return found.values()


def _understood(
    connection: psycopg.Connection[Any],
    ask: Callable[[psycopg.Connection[Any]], str],
    *,
    undo: bool = False,
) -> str:
    """What the server says; empty when it no longer understands the text."""
    try:
        with connection.transaction(force_rollback=undo):
            return ask(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unreachable(f"What stands there could not be compared with ours: {error}") from error
    except psycopg.errors.DatabaseError as error:
        if error.sqlstate and error.sqlstate[:2] in ("42", "22", "3F", "0A"):
            return ""
        raise


def _prepare(text: Text, connection: psycopg.Connection[Any]) -> str:
    """Make what the text stands on: for a policy, an empty table of the same columns."""
    if isinstance(text, Policy):
        connection.execute(
            SQL("CREATE TEMP TABLE {} (LIKE {})").format(
                Identifier(_TABLE), Identifier(text.schema, text.table)
            )
        )
    return "ready"


def _wording(text: Text, connection: psycopg.Connection[Any]) -> str:
    return _view(connection, text) if isinstance(text, View) else _policy(connection, text)


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
