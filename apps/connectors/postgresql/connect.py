"""Logging in to a PostgreSQL: one transaction at a time, with time-outs and its own session."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import IsolationLevel, errors, sql
from psycopg.pq import TransactionStatus

from apps.connectors.contracts import SecretStore, Unreachable
from apps.connectors.postgresql.diagnosis import sentence
from apps.connectors.secrets import References

_SESSION: Mapping[str, str] = {
    "search_path": "",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    "client_min_messages": "warning",
    "row_security": "on",
}
"""What makes the same catalog read the same for everybody; set for the transaction alone, so that
a pooler in between hands nothing of it to the next client."""

_NOT_NOW = (
    errors.LockNotAvailable,
    errors.QueryCanceled,
    errors.TooManyConnections,
    errors.IdleInTransactionSessionTimeout,
)


@dataclass(frozen=True, slots=True)
class Login:
    """An address, a role and a reference to its password; connects when it is used.

    Times are in seconds. `settings` are set for each transaction after our own.
    """

    host: str
    port: int
    dbname: str
    user: str
    secret: str
    sslmode: str = "prefer"
    secrets: SecretStore = field(default_factory=References, compare=False)
    connect_timeout: int = 5
    statement_timeout: float = 30.0
    lock_timeout: float = 2.0
    application_name: str = "seneschal"
    settings: Mapping[str, str] = field(default_factory=dict)
    _kept: list[list[psycopg.Connection[Any]]] = field(
        default_factory=list, init=False, compare=False, repr=False
    )

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """While the block lasts, transactions that follow one another share a connection.

        Each still sets what it needs for itself alone; a connection that broke is not used again.
        """
        idle: list[psycopg.Connection[Any]] = []
        self._kept.append(idle)
        try:
            yield
        finally:
            self._kept.pop()
            for connection in idle:
                connection.close()

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[Any]]:
        """One REPEATABLE READ, READ ONLY transaction.

        Raises Refused when the secret is not there, Unreachable when the server does not answer
        or not in time; other psycopg errors are the caller's.
        """
        with self._transaction(read_only=True) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[psycopg.Connection[Any]]:
        """One READ COMMITTED transaction, committed unless the block raises; raises likewise."""
        with self._transaction(read_only=False) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, read_only: bool) -> Iterator[psycopg.Connection[Any]]:
        with translated(self), self._connection() as connection:
            connection.isolation_level = (
                IsolationLevel.REPEATABLE_READ if read_only else IsolationLevel.READ_COMMITTED
            )
            connection.read_only = read_only
            with connection.transaction():
                self._prepare(connection)
                yield connection

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        """One that is idle among those kept, or a new one."""
        idle = self._kept[-1] if self._kept else None
        connection = idle.pop() if idle else self._connect()
        try:
            yield connection
        finally:
            whole = connection.info.transaction_status is TransactionStatus.IDLE
            if idle is None or not whole:
                connection.close()
            else:
                idle.append(connection)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=self.host,
            port=self.port,
            dbname=self.dbname,
            user=self.user,
            password=self.secrets.resolve(self.secret),
            sslmode=self.sslmode,
            connect_timeout=self.connect_timeout,
            application_name=self.application_name,
            client_encoding="utf8",
            autocommit=True,
            prepare_threshold=None,
        )

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        wanted = {
            **_SESSION,
            "statement_timeout": str(int(self.statement_timeout * 1000)),
            "lock_timeout": str(int(self.lock_timeout * 1000)),
            **self.settings,
        }
        calls = [
            sql.SQL("set_config({}, {}, true)").format(sql.Literal(name), sql.Literal(value))
            for name, value in wanted.items()
        ]
        connection.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(calls)))


@contextmanager
def translated(login: Login) -> Iterator[None]:
    """Turns "no connection", "shutting down" and "not in time" into Unreachable."""
    try:
        yield
    except psycopg.Error as error:
        if not is_unreachable(error):
            raise
        why = sentence(
            str(error), host=login.host, port=login.port, dbname=login.dbname, user=login.user
        )
        raise Unreachable(why) from error


def is_unreachable(error: psycopg.Error) -> bool:
    """Whether trying again later may help and the statement itself is not at fault."""
    state = error.sqlstate or ""
    if state.startswith(("08", "57P")) or isinstance(error, _NOT_NOW):
        return True
    return not state and isinstance(error, psycopg.OperationalError)
