"""Statements put to the live system as somebody, each undone at once whatever it did."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier

from apps.connectors.contracts import Refused
from apps.connectors.postgresql.connect import Login, is_unreachable
from apps.connectors.postgresql.plain import tolerant
from apps.connectors.postgresql.standing import Person

_OURS = frozenset({"statement_timeout", "lock_timeout", "role", "session_authorization"})
"""Settings of a person that a probe does not take over: the first two keep it short."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the system answered: rows, or its refusal with the SQLSTATE in front."""

    statement: str
    rows: tuple[tuple[Any, ...], ...] = ()
    affected: int = 0
    state: str = ""
    error: str = ""

    @property
    def refused(self) -> bool:
        """Whether it was refused for want of a right, or because there is no such thing to see."""
        return self.state in ("42501", "42P01", "42703", "3F000", "55000")

    @property
    def answered(self) -> bool:
        """Whether it did not fail."""
        return not self.state


class Asking:
    """A session of the probe login, turned into one person or a role that the person can become."""

    def __init__(self, connection: psycopg.Connection[Any], name: str) -> None:
        self._connection = connection
        self.name = name

    def ask(self, statement: Composable, values: Sequence[object] = ()) -> Reply:
        """Put one statement and undo it. Raises Unreachable when it takes too long."""
        composed = SQL("{}").format(statement)
        text = composed.as_string(None)
        try:
            with self._connection.transaction(force_rollback=True):
                cursor = self._connection.execute(composed, values or None)
                rows = tuple(cursor.fetchall()) if cursor.description else ()
                return Reply(text, rows, cursor.rowcount)
        except psycopg.Error as error:
            if is_unreachable(error):
                raise
            return Reply(text, state=error.sqlstate or "?", error=_said(error))


@contextmanager
def asking(login: Login, person: Person, role: str) -> Iterator[Asking]:
    """Be that role as the person would be, who logged in and then became it.

    Raises Refused when the probe login may not, Unreachable when the system does not answer.
    """
    with login.writing() as connection:
        tolerant(connection)
        try:
            connection.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refused(
                f"Our probe login may not ask as {role}: GRANT {_quoted(person.name)} TO "
                f"{_quoted(login.user)} WITH INHERIT FALSE, SET TRUE."
            ) from error
        for name, value in person.settings:
            if name not in _OURS:
                _set(connection, name, value)
        yield Asking(connection, role)
        raise psycopg.Rollback


def _set(connection: psycopg.Connection[Any], name: str, value: str) -> None:
    """As at a login, what may not be set is passed over."""
    try:
        with connection.transaction():
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
    except psycopg.Error as error:
        if is_unreachable(error):
            raise


def _quoted(name: str) -> str:
    return Identifier(name).as_string(None)


def _said(error: psycopg.Error) -> str:
    message = error.diag.message_primary or type(error).__name__
    if (error.sqlstate or "")[:2] in ("22", "23"):
        message = "(the message could hold a value and is not kept)"
    return f"{error.sqlstate} {message}"


def selecting(columns: Sequence[Composable], relation: tuple[str, str]) -> Composed:
    """SELECT these FROM that."""
    return SQL("SELECT {} FROM {}").format(SQL(", ").join(columns), Identifier(*relation))
