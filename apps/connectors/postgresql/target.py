"""PostgreSQL as a system that enforces access: the verbs of `Target`, each a transaction or two."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import psycopg

from apps.connectors.contracts import (
    Answer,
    Direction,
    Document,
    Inventory,
    Observed,
    Preview,
    Question,
    Refused,
    TakeOverPlan,
    Unreachable,
)
from apps.connectors.names import parts
from apps.connectors.postgresql import direction as directions
from apps.connectors.postgresql import names, takeover
from apps.connectors.postgresql.asking import asking
from apps.connectors.postgresql.connect import Login
from apps.connectors.postgresql.expect import NOTHING_THERE, Expected, Oracle
from apps.connectors.postgresql.facts import (
    About,
    Facts,
    marked_by_dataset,
    read_clock,
    read_facts,
)
from apps.connectors.postgresql.keys import MaskKey
from apps.connectors.postgresql.names import Home
from apps.connectors.postgresql.normal import Normal, Text
from apps.connectors.postgresql.observe import Estate
from apps.connectors.postgresql.preview import preview
from apps.connectors.postgresql.probe import Probe
from apps.connectors.postgresql.render import render
from apps.connectors.postgresql.shapes import shapes_around
from apps.connectors.postgresql.sharing import Sharing
from apps.connectors.postgresql.standing import standing
from apps.connectors.postgresql.writing import Writing
from apps.semantics.rules import Decision, Rule, Shape

_TRIES = 5
_AGAIN = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.UniqueViolation,
)


class PostgresTarget:
    """A database that enforces: `apply` writes, `probe` asks as people, `scan` only reads.

    `mask_key` is the reference of the key for keyed masks; `mark` tells this Seneschal's objects
    from another's in the same cluster.
    """

    def __init__(
        self,
        *,
        apply: Login,
        probe: Login,
        scan: Login | None = None,
        mask_key: str | None = None,
        mark: str = "",
    ) -> None:
        self.apply = apply
        self.asker = probe
        self.home = Home(mark, apply.dbname)
        self.key = MaskKey(mask_key) if mask_key else None
        self.ours = frozenset(login.user for login in (apply, probe, scan) if login is not None)
        self.before_commit: Callable[[], None] = lambda: None
        """Called at the end of each write, inside its transaction: tests end the process there."""
        self._in_session: list[Mapping[str, Sequence[int]]] | None = None

    @cached_property
    def _normal(self) -> Normal:
        where = self.apply.host, self.apply.port, self.apply.dbname
        return Normal(self.apply, _WORDINGS.setdefault(where, {}))

    @contextmanager
    def session(self) -> Iterator[None]:
        """Calls within it share the connection of our apply login; a person is asked on a new one.

        What a session of somebody's leaves behind may change what the next one is answered.
        """
        before, self._in_session = self._in_session, []
        try:
            with self.apply.keeping():
                yield
        finally:
            self._in_session = before

    def render(self, rules: Iterable[Rule], inventory: Inventory) -> dict[str, Document]:
        """The documents that make these rules true; raises Refused with every reason."""
        return render(rules, inventory, home=self.home, ours=self.ours, key=self.key)

    def read(self) -> Observed:
        """Everything that stands in the database, in a constant number of catalog reads."""
        with self.apply.reading() as connection:
            facts = read_facts(connection)
        estate = self._estate(facts)
        return Observed(own=estate.own(), foreign=estate.foreign(), read_at=facts.at)

    def direction(self, old: Document | None, new: Document | None) -> Direction:
        """What going from old to new does to access."""
        return directions.direction(old, new)

    def write(self, name: str, document: Document) -> None:
        """Make a document stand, in one transaction; what stands already is not touched."""
        if document["kind"] == names.DATABASE:
            self._in_transaction("", lambda c, facts: self._sharing(c, facts).make(document))
            return
        view = document.get("view", {}).get("name", "")
        self._in_transaction(
            name, lambda c, facts: self._writing(c, facts, name).make(document), view=view
        )

    def remove(self, name: str) -> None:
        """Take away what is ours under this name, in one transaction."""
        if name == names.DATABASE:
            self._in_transaction("", lambda c, facts: self._sharing(c, facts).unmake())
            return
        self._in_transaction(name, lambda c, facts: self._writing(c, facts, name).unmake(name))

    def plan_take_over(self, dataset: str) -> TakeOverPlan:
        """What others gave to read on this dataset, and everybody who reads by it."""
        with self.apply.reading() as connection:
            return takeover.plan(connection, dataset, self.ours)

    def take_over(self, original: Document) -> None:
        """Take away exactly this, in one transaction."""
        self._in_transaction(
            original["dataset"], lambda connection, _: takeover.take(connection, original)
        )

    def give_back(self, original: Document) -> None:
        """Give back exactly this, in one transaction."""
        self._in_transaction(
            original["dataset"], lambda connection, _: takeover.give_back(connection, original)
        )

    def probe(self, principal: str, question: Question) -> Answer:
        """Ask as that principal and as each role it can become; the counts are the server's own."""
        with self.apply.reading() as trusted:
            seen = standing(trusted, question.decision.dataset, principal)
            at, server = read_clock(trusted)
            expected = self._expected(trusted, question) if seen.exists else NOTHING_THERE
        ask = Probe(question, seen, expected, self._key_bytes())
        checks = list(ask.sign_in()) if seen.exists else [ask.missing()]
        for role in seen.person.becomes if seen.exists else ():
            with asking(self.asker, seen.person, role) as session:
                own = role == principal
                checks += ask.as_the_person(session) if own else ask.as_another(session)
        return Answer(principal, question.decision.dataset, at, tuple(checks), server)

    def preview(self, decision: Decision, shape: Shape, limit: int) -> Preview:
        """What this decision would show of the live rows, whether or not it stands yet."""
        with self.apply.reading() as trusted:
            shapes = {shape.dataset: shape, **shapes_around(trusted, decision)}
            return preview(
                trusted, decision, shape, limit=limit, shapes=shapes, key=self._key_bytes()
            )

    def _expected(self, trusted: psycopg.Connection[Any], question: Question) -> Expected:
        shapes = {question.shape.dataset: question.shape}
        shapes |= shapes_around(trusted, question.decision)
        return Oracle(trusted, question, shapes, self._key_bytes()).expected()

    def _key_bytes(self) -> bytes:
        return self.key.value() if self.key is not None else b""

    def _estate(self, facts: Facts) -> Estate:
        return Estate(facts, self.home, self.ours, self._normal.stands)

    def _writing(self, connection: psycopg.Connection[Any], facts: Facts, dataset: str) -> Writing:
        old = self._estate(facts).own().get(dataset)
        return Writing(connection, facts, old, self.ours, self.key)

    def _sharing(self, connection: psycopg.Connection[Any], facts: Facts) -> Sharing:
        return Sharing(connection, facts, self.home.dbname, self.ours)

    def _in_transaction(
        self,
        dataset: str,
        do: Callable[[psycopg.Connection[Any], Facts], None],
        *,
        view: str = "",
    ) -> None:
        """Under the lock that all writes of this kind take; again after a collision."""
        for turn in range(_TRIES):
            try:
                self._once(dataset, do)
                return
            except psycopg.Error as error:
                if not _is_collision(error):
                    raise _said(error, dataset) from error
                if turn == _TRIES - 1:
                    raise Unreachable(f"{dataset} is being changed by others: {error}") from error
                time.sleep(random.uniform(0.05, 0.2) * 2**turn)  # noqa: S311 (jitter)

    def _once(self, dataset: str, do: Callable[[psycopg.Connection[Any], Facts], None]) -> None:
        with self.apply.writing() as connection:
            connection.execute(_ALONE, (self.home.mark,))
            do(connection, self._facts(connection, dataset))
            self.before_commit()

    def _facts(self, connection: psycopg.Connection[Any], dataset: str) -> Facts:
        if not dataset:
            return read_facts(connection, About(names.OWNER))
        stem = self.home.everybody(dataset).removesuffix("all")
        marked = self._marked(connection).get(dataset, ())
        return read_facts(connection, About(stem, *parts(dataset), marked))

    def _marked(self, connection: psycopg.Connection[Any]) -> Mapping[str, Sequence[int]]:
        """Once in a session: what we make ourselves meanwhile is found by its name."""
        if self._in_session is None:
            return marked_by_dataset(connection)
        if not self._in_session:
            self._in_session.append(marked_by_dataset(connection))
        return self._in_session[0]


_ALONE = """
SELECT pg_advisory_xact_lock(hashtextextended('seneschal ' || %s, 0)),
       set_config('join_collapse_limit', '1', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true)
"""
"""What a write asks names its tables in the order in which they are best joined, each by its key:
to look for a better plan takes longer than the answer."""

_WORDINGS: dict[tuple[str, int, str], dict[Text, str]] = {}
"""How each server writes our texts, as far as this process has asked."""


def _is_collision(error: psycopg.Error) -> bool:
    return isinstance(error, _AGAIN) or "concurrently" in str(error)


def _said(error: psycopg.Error, dataset: str) -> Refused:
    state = error.sqlstate or ""
    return Refused(f"PostgreSQL refused what {dataset or 'the database'} needs: {state} {error}")
