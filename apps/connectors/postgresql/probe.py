"""Asks a live PostgreSQL as a person, and as each role that the person can become."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.contracts import Check, Question
from apps.connectors.names import parts, qualified
from apps.connectors.postgresql.asking import Asking, Reply, selecting
from apps.connectors.postgresql.expect import Expected, counted, key_is_readable
from apps.connectors.postgresql.plain import digest, plain_rows
from apps.connectors.postgresql.sql import joined
from apps.connectors.postgresql.standing import Standing
from apps.connectors.postgresql.wording import shown_as
from apps.semantics.masks import PLAIN
from apps.semantics.rules import Decision

_MOST_WRITTEN = 100_000
"""A write that should be refused is tried for real only on tables of up to so many rows."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to one person, and what should be answered."""

    question: Question
    standing: Standing
    expected: Expected
    key: bytes = b""

    @property
    def _decision(self) -> Decision:
        return self.question.decision

    @property
    def _way_in(self) -> tuple[str, str]:
        return self.standing.way_in

    @property
    def _name(self) -> str:
        return qualified(*self._way_in)

    def sign_in(self) -> Iterator[Check]:
        """What SET ROLE never tries: whether the person could log in at all."""
        if not self._decision.allowed:
            return
        hindrances = self.standing.person.hindrances
        yield Check(
            asked=f"{self._decision.principal} can log in",
            expected="yes",
            answered="no: " + "; ".join(hindrances) if hindrances else "yes",
            agrees=not hindrances,
        )

    def missing(self) -> Check:
        """The one line about a dataset that is not there."""
        wanted = "there" if self._decision.allowed else "there, or gone"
        return Check(f"{self.standing.dataset}", wanted, "gone", agrees=not self._decision.allowed)

    def as_the_person(self, asking: Asking) -> Iterator[Check]:
        """Every line about the person's own role."""
        if not self._decision.allowed:
            yield self._nothing(asking, self._way_in)
            if self.standing.view:
                yield self._nothing(asking, parts(self.standing.dataset))
            yield self._none_open()
        else:
            yield from self._rows(asking)
            yield from self._columns(asking)
            yield self._star(asking)
            yield from self._cells(asking)
            yield from self._outside(asking)
            if self.standing.view:
                yield self._closed(asking, self.standing.dataset, "the table itself")
                yield self._unqualified(asking)
        yield from self._around(asking)
        yield from self._writes(asking)

    # What is decided to be readable

    def _rows(self, asking: Asking) -> Iterator[Check]:
        reply = asking.ask(selecting([SQL("count(*)")], self._way_in))
        yield _check(
            f"Rows of {self._name}",
            _of(self.expected.visible, self.expected.total),
            _of(reply.rows[0][0], self.expected.total) if reply.answered else "refused",
            reply,
        )

    def _columns(self, asking: Asking) -> Iterator[Check]:
        for column in self.question.shape.columns:
            if column.name in self.expected.columns:
                yield self._column(asking, column.name)
            else:
                yield self._unreadable(asking, column.name)

    def _column(self, asking: Asking, column: str) -> Check:
        """Counted over all rows; the cells of the sample are compared one by one."""
        way = shown_as(self._decision, column)
        reply = asking.ask(selecting([SQL("count({})").format(Identifier(column))], self._way_in))
        if not reply.answered:
            return _check(column, _values(way, self.expected.values[column]), "refused", reply)
        seen = self._seen(asking, column, way)
        answered = _values(seen, reply.rows[0][0])
        return _check(column, _values(way, self.expected.values[column]), answered, reply)

    def _seen(self, asking: Asking, column: str, way: str) -> str:
        """How the sample's cells are really shown, in words."""
        if not self._comparable:
            return way
        position = self.expected.columns.index(column)
        wanted = counted([row[position]] for row in self.expected.shown)
        reply = self._sampled(asking, [column])
        found = counted(plain_rows(reply.rows))
        if found == wanted:
            return way
        raw = counted(plain_rows([row[column]] for row in self.expected.raw))
        strange = found - wanted
        if all(not strange[value] or value in raw for value in strange):
            return "plain" if way != "plain" else "plain, of other rows"
        return "otherwise"

    def _unreadable(self, asking: Asking, column: str) -> Check:
        reply = asking.ask(_limited(Identifier(column), self._way_in))
        return _check(column, "refused", _refusal(reply), reply)

    def _star(self, asking: Asking) -> Check:
        there = self.standing.view_columns or tuple(c.name for c in self.question.shape.columns)
        all_readable = set(there) <= set(self.expected.columns)
        reply = asking.ask(_limited(SQL("*"), self._way_in))
        return _check(
            f"All columns (*) of {self._name}",
            "answered" if all_readable else "refused: not every column is readable",
            "answered"
            if reply.answered
            else ("refused: not every column is readable" if reply.refused else "an error"),
            reply,
        )

    @property
    def _comparable(self) -> bool:
        readable_key = key_is_readable(self._decision, self.question.shape)
        return not self.expected.complaint and (self.expected.whole or readable_key)

    def _cells(self, asking: Asking) -> Iterator[Check]:
        """Whole rows of the sample, so that no cell has wandered into another row."""
        wanted = counted(self.expected.shown)
        asked = f"Cells of {sum(wanted.values())} rows, one by one"
        if self.expected.complaint:
            yield Check(asked, "as decided", self.expected.complaint, agrees=False)
            return
        if not self._comparable:
            yield Check(
                f"Cells of {self._name}, one by one",
                "counts alone: there is no key by which rows can be told apart",
                "counts alone: there is no key by which rows can be told apart",
                agrees=True,
            )
            return
        reply = self._sampled(asking, self.expected.columns)
        rows = plain_rows(reply.rows)
        found = counted(rows)
        same = reply.answered and found == wanted
        differing = sum((found - wanted).values()) + sum((wanted - found).values())
        print_ = f" (digest {digest(rows, self.key)})" if self.key and same else ""
        yield Check(
            asked=asked,
            expected="as decided",
            answered=f"as decided{print_}" if same else f"{differing} rows differ",
            agrees=same,
            statement=reply.statement,
            error=reply.error,
        )

    def _sampled(self, asking: Asking, columns: Any) -> Reply:
        names = [Identifier(column) for column in columns]
        if self.expected.whole:
            return asking.ask(selecting(names, self._way_in))
        key = self.question.shape.primary_key
        each = SQL("({})").format(joined(", ", (SQL("%s") for _ in key)))
        where: Composable = SQL(" WHERE ({}) IN ({})").format(
            joined(", ", map(Identifier, key)), joined(", ", (each for _ in self.expected.raw))
        )
        if not self.expected.raw:
            where = SQL(" WHERE false")
        values = [row[column] for row in self.expected.raw for column in key]
        return asking.ask(selecting(names, self._way_in) + where, values)

    def _outside(self, asking: Asking) -> Iterator[Check]:
        key = self.question.shape.primary_key
        if not self.expected.outside or not key_is_readable(self._decision, self.question.shape):
            return
        row = self.expected.outside[0]
        where = joined(" AND ", (SQL("{} = %s").format(Identifier(column)) for column in key))
        query = selecting([SQL("count(*)")], self._way_in) + SQL(" WHERE ") + where
        reply = asking.ask(query, [row[column] for column in key])
        found = reply.answered and reply.rows[0][0] > 0
        answered = ("found" if found else "not found") if reply.answered else "refused"
        yield _check("A row that is outside, asked for by its key", "not found", answered, reply)

    def _unqualified(self, asking: Asking) -> Check:
        """Under the table's own name the person is led to the view, or is refused."""
        name = parts(self.standing.dataset)[1]
        reply = asking.ask(
            SQL("SELECT to_regclass({})::text").format(
                sql.Literal(Identifier(name).as_string(None))
            )
        )
        found = reply.rows[0][0] if reply.answered and reply.rows else None
        trial = asking.ask(SQL("SELECT 1 FROM {} LIMIT 1").format(Identifier(name)))
        oid = asking.ask(
            SQL("SELECT to_regclass({}) = to_regclass({})").format(
                sql.Literal(Identifier(name).as_string(None)),
                sql.Literal(Identifier(*self._way_in).as_string(None)),
            )
        )
        led = bool(oid.rows and oid.rows[0][0])
        if led:
            answered = f"led to {self._name}"
        else:
            answered = "refused" if trial.refused else f"led to {found}"
        return Check(
            asked=f"{name}, without a schema",
            expected=f"led to {self._name}, or refused",
            answered=answered,
            agrees=led or trial.refused,
            statement=trial.statement,
            error=trial.error,
        )

    # What must be closed, whatever is decided

    def _nothing(self, asking: Asking, relation: tuple[str, str]) -> Check:
        reply = asking.ask(selecting([SQL("count(*)")], relation))
        rows = reply.rows[0][0] if reply.answered else 0
        return Check(
            asked=f"Rows of {qualified(*relation)}",
            expected="refused, or none",
            answered=_of(rows, self.expected.total) if reply.answered else _refusal(reply),
            agrees=reply.refused or (reply.answered and rows == 0),
            statement=reply.statement,
            error=reply.error,
        )

    def _none_open(self) -> Check:
        """An open cursor delivers on, with the rights of the instant at which it was opened."""
        count = self.standing.still_open
        return Check(
            asked=f"Sessions of {self._decision.principal} that still hold it open",
            expected="0",
            answered=f"{count}",
            agrees=not count,
        )

    def _closed(self, asking: Asking, dataset: str, what: str) -> Check:
        reply = asking.ask(_limited(SQL("1"), parts(dataset)))
        return _check(f"{dataset}, {what}", "refused", _refusal(reply), reply)

    def _around(self, asking: Asking) -> Iterator[Check]:
        """What else holds or shows the rows: children and views, past the dataset's own rules."""
        for child in self.standing.children:
            yield self._closed(asking, child, f"which holds rows of {self.standing.dataset}")
        for view in self.standing.views:
            yield self._closed(asking, view, f"which is built on {self.standing.dataset}")

    def _writes(self, asking: Asking) -> Iterator[Check]:
        for dataset in {self.standing.dataset, qualified(*self._way_in)}:
            on = Identifier(*parts(dataset))
            rights = self._rights(asking, dataset)
            yield self._blind(asking, "DELETE", SQL("DELETE FROM {}").format(on), dataset, rights)
            column = self._settable(dataset)
            if column is not None:
                update = SQL("UPDATE {} SET {} = DEFAULT").format(on, Identifier(column))
                yield self._blind(asking, "UPDATE", update, dataset, rights)
        for right, gives in _SIDE_RIGHTS.items():
            if right == "INSERT" and not self._hides_keys:
                continue
            held = right in self._rights(asking, self.standing.dataset)
            yield Check(
                asked=f"{right} on {self.standing.dataset}, which {gives}",
                expected="not held",
                answered="held" if held else "not held",
                agrees=not held,
            )

    @property
    def _hides_keys(self) -> bool:
        hidden = self.expected.visible < self.expected.total
        return bool(self.question.shape.primary_key) and hidden

    def _settable(self, dataset: str) -> str | None:
        """A column that could be written: that one is masked or missing says nothing of rights."""
        shape = self.question.shape
        free = [c.name for c in shape.columns if c.nullable and c.name not in shape.primary_key]
        if dataset != self.standing.dataset:
            branches = [dict(branch.columns) for branch in self.question.decision.branches]
            free = [n for n in free if all(columns.get(n) == PLAIN for columns in branches)]
        return free[0] if free else None

    def _rights(self, asking: Asking, dataset: str) -> set[str]:
        wanted = ("DELETE", "UPDATE", *_SIDE_RIGHTS)
        name = sql.Literal(Identifier(*parts(dataset)).as_string(None))
        columns = [
            SQL("has_table_privilege({}, {})").format(name, sql.Literal(right)) for right in wanted
        ]
        reply = asking.ask(SQL("SELECT {}").format(joined(", ", columns)))
        if not reply.answered:
            return set()
        return {right for right, held in zip(wanted, reply.rows[0], strict=True) if held}

    def _blind(
        self, asking: Asking, verb: str, statement: Composable, dataset: str, rights: set[str]
    ) -> Check:
        """A write that reads nothing must not reach further than what is readable."""
        asked = f"{verb} on every row of {dataset}, undone"
        expected = f"refused, or at most {self.expected.visible} rows"
        held_back = not self.standing.view  # row security holds a write back as it does a read
        if verb in rights and (self.standing.has_triggers or self.expected.total > _MOST_WRITTEN):
            return Check(asked, expected, "may, and was not tried", agrees=held_back)
        reply = asking.ask(statement)
        if reply.answered:
            agrees, answered = reply.affected <= self.expected.visible, f"{reply.affected} rows"
        elif reply.state.startswith("23"):
            agrees, answered = held_back, "let through, and stopped by a constraint"
        else:
            agrees, answered = True, "refused"
        return Check(asked, expected, answered, agrees, reply.statement, reply.error)

    # The roles that the person can become

    def as_another(self, asking: Asking) -> Iterator[Check]:
        """As any such role no row and no column more may be seen than was decided."""
        for relation in dict.fromkeys((self._way_in, parts(self.standing.dataset))):
            reply = asking.ask(selecting([SQL("count(*)")], relation))
            governed = relation == self._way_in and self._decision.allowed
            most = self.expected.visible if governed else 0
            rows = reply.rows[0][0] if reply.answered else 0
            yield Check(
                asked=f"As {asking.name}: rows of {qualified(*relation)}",
                expected=f"refused, or at most {most}" if most else "refused, or none",
                answered=f"{rows}" if reply.answered else _refusal(reply),
                agrees=(reply.answered and rows <= most) or reply.refused,
                statement=reply.statement,
                error=reply.error,
            )
            if reply.answered and rows:
                for column in self.question.shape.columns:
                    if column.name not in self.expected.columns:
                        line = self._unreadable(asking, column.name)
                        yield Check(
                            f"As {asking.name}: {line.asked}",
                            line.expected,
                            line.answered,
                            line.agrees,
                            line.statement,
                            line.error,
                        )


_SIDE_RIGHTS = {
    "TRUNCATE": "no row filter holds back",
    "TRIGGER": "shows every row that is written",
    "INSERT": "tells by its key which hidden rows exist",
    "REFERENCES": "tells which keys exist",
}


def _limited(what: Composable, relation: tuple[str, str]) -> Composable:
    return SQL("SELECT {} FROM {} LIMIT 1").format(what, Identifier(*relation))


def _of(rows: int, total: int) -> str:
    return f"{rows} of {total}"


def _values(way: str, count: int) -> str:
    return f"{way}, {count} values" if count != 1 else f"{way}, 1 value"


def _refusal(reply: Reply) -> str:
    if reply.refused:
        return "refused"
    return "answered" if reply.answered else "an error"


def _check(asked: str, expected: str, answered: str, reply: Reply) -> Check:
    return Check(asked, expected, answered, expected == answered, reply.statement, reply.error)
