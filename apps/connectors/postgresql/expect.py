"""What a decision means for the rows that are there: counted by the server, valued by the oracle.

The counts come from one query of a login that nothing is hidden from; the cells of a sample are
worked out here, from the raw rows, by the semantics themselves.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.contracts import Question, Refused
from apps.connectors.postgresql.plain import plain, tolerant
from apps.connectors.postgresql.sql import Filters, joined, table
from apps.connectors.postgresql.types import Family, family
from apps.semantics.evaluate import HIDDEN, Row, cell, covering, mask_of
from apps.semantics.filters import Filter, Hop
from apps.semantics.masking import base_type
from apps.semantics.masks import NULL, PLAIN, Mask
from apps.semantics.rules import Decision, Shape
from apps.semantics.simplify import either

OUTSIDE = 20
"""So many rows outside the filter are looked for, to be asked after."""

ALL_ROWS = 2_000
"""A table without a readable key is compared whole up to so many rows."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What should be answered: counts over all rows, and cells of a sample."""

    total: int
    visible: int
    values: Mapping[str, int]
    """For each readable column, how many cells are not NULL."""
    raw: tuple[Row, ...]
    """The sample, as it is stored: rows inside and outside the decision."""
    shown: tuple[tuple[Any, ...], ...]
    """What of the sample is visible, column by column in the order of `columns`, comparable."""
    columns: tuple[str, ...]
    whole: bool
    """Whether the sample is every row."""
    outside: tuple[Row, ...] = ()
    complaint: str = ""
    """Why no cells are compared, where that is so."""


NOTHING_THERE = Expected(0, 0, {}, (), (), (), whole=True)
"""Of a dataset that does not exist."""


@dataclass
class Oracle:
    """A transaction from which nothing is hidden, and the decision to be worked out in it."""

    connection: psycopg.Connection[Any]
    question: Question
    shapes: Mapping[str, Shape]
    key: bytes = b""
    _followed: dict[tuple[Any, ...], tuple[Row, ...]] = field(default_factory=dict)

    @property
    def _decision(self) -> Decision:
        return self.question.decision

    @property
    def _shape(self) -> Shape:
        return self.question.shape

    def expected(self) -> Expected:
        """Work it out. Raises Refused when the trusted login cannot see all rows."""
        try:
            tolerant(self.connection)
            self.connection.execute("SET LOCAL row_security = off")
            return self._expected()
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refused(
                f"Our own login cannot see every row of {self._shape.dataset}, so it cannot be "
                f"told what should be answered: {error.diag.message_primary}."
            ) from error

    def first(self, limit: int) -> tuple[int, int, tuple[Row, ...]]:
        """How many rows there are, how many are visible, and the first of these, as stored."""
        tolerant(self.connection)
        self.connection.execute("SET LOCAL row_security = off")
        total, visible = self._counts(())
        return total, visible, self._raw(self._visible(), limit)

    def _expected(self) -> Expected:
        columns = readable(self._decision, self._shape)
        total, visible, *values = self._counts(columns)
        whole = total <= self.question.sample or (
            total <= ALL_ROWS and not key_is_readable(self._decision, self._shape)
        )
        try:
            raw = self._sample(whole)
            shown = self._shown(raw, columns)
        except (psycopg.DataError, TypeError, ValueError, OverflowError) as error:
            return Expected(
                total, visible, dict(zip(columns, values, strict=True)), (), (), columns, False,
                complaint=f"no cells compared: {type(error).__name__}",
            )  # fmt: skip
        return Expected(
            total=total,
            visible=visible,
            values=dict(zip(columns, values, strict=True)),
            raw=raw,
            shown=shown,
            columns=columns,
            whole=whole,
            outside=tuple(r for r in raw if not covering(self._decision, r, self.follow)),
        )

    def _filters(self) -> Filters:
        return Filters(self._shape, self.shapes, "x")

    def _visible(self) -> Composable:
        return self._where(branch.filter for branch in self._decision.branches)

    def _where(self, filters: Iterable[Filter]) -> Composable:
        return SQL("coalesce({}, false)").format(self._filters().written(either(filters)))

    def _counts(self, columns: Sequence[str]) -> tuple[int, ...]:
        """The number of rows, of visible ones, and of cells with a value in each column."""
        counted = [SQL("count(*)"), SQL("count(*) FILTER (WHERE {})").format(self._visible())]
        for column in columns:
            shows = [
                branch.filter
                for branch in self._decision.branches
                if column in dict(branch.columns)
            ]
            hides = self._where(
                branch.filter
                for branch in self._decision.branches
                if dict(branch.columns).get(column) == NULL
            )
            counted.append(
                SQL("count({}) FILTER (WHERE {} AND NOT {} AND NOT {})").format(
                    Identifier("x", column), self._where(shows), hides, self._clash(column)
                )
            )
        query = SQL("SELECT {} FROM {} AS x").format(
            joined(", ", counted), table(self._shape.dataset)
        )
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return tuple(row)

    def _clash(self, column: str) -> Composable:
        """Where two masks without an order meet, which is shown as NULL."""
        by_mask: dict[Mask, list[Filter]] = {}
        for branch in self._decision.branches:
            mask = dict(branch.columns).get(column)
            if mask is not None and mask not in (PLAIN, NULL) and mask.function != "redact":
                by_mask.setdefault(mask, []).append(branch.filter)
        pairs = [
            SQL("({} AND {})").format(self._where(one), self._where(other))
            for n, one in enumerate(by_mask.values())
            for other in list(by_mask.values())[:n]
        ]
        return SQL("({})").format(joined(" OR ", pairs)) if pairs else SQL("false")

    # The sample

    def _sample(self, whole: bool) -> tuple[Row, ...]:
        """Every row, or the first by key and some that should not be seen."""
        if whole:
            return self._raw(SQL("true"), ALL_ROWS)
        if not key_is_readable(self._decision, self._shape):
            return ()
        inside = self._raw(self._visible(), self.question.sample)
        outside = self._raw(SQL("NOT {}").format(self._visible()), OUTSIDE)
        return (*inside, *outside)

    def _raw(self, where: Composable, limit: int) -> tuple[Row, ...]:
        names = [column.name for column in self._shape.columns]
        order = self._shape.primary_key
        query = SQL("SELECT {} FROM {} AS x WHERE {}{} LIMIT {}").format(
            joined(", ", (Identifier("x", name) for name in names)),
            table(self._shape.dataset),
            where,
            SQL(" ORDER BY {}").format(joined(", ", map(Identifier, order))) if order else SQL(""),
            sql.Literal(limit),
        )
        rows = self.connection.execute(query).fetchall()
        return tuple(_unpadded(self._shape, row) for row in rows)

    def _shown(self, raw: Iterable[Row], columns: Sequence[str]) -> tuple[tuple[Any, ...], ...]:
        return tuple(
            tuple(self._cell(row, column) for column in columns)
            for row in raw
            if covering(self._decision, row, self.follow)
        )

    def _cell(self, row: Row, column: str) -> Any:
        if isinstance(row[column], str) and self._is_dated(column):
            return self._undated(row, column)
        value = cell(
            self._decision, row, column, shape=self._shape, key=self.key, follow=self.follow
        )
        return plain(None if value is HIDDEN else value)

    def _is_dated(self, column: str) -> bool:
        types = {each.name: each.type for each in self._shape.columns}
        return family(types[column]) in (Family.DATE, Family.NAIVE, Family.INSTANT)

    def _undated(self, row: Row, column: str) -> Any:
        """A date that Python does not have, and that came as its text."""
        mask = mask_of(self._decision, row, column, self.follow)
        stays = mask == PLAIN or (mask is not None and mask != NULL and "inf" in row[column])
        return row[column] if stays else None

    def follow(self, hop: Hop, row: Row) -> Iterable[Row]:
        """The rows to which a foreign key leads, read once each."""
        wanted = tuple(row[column] for column in hop.columns)
        known = (hop, *map(repr, wanted))
        if known not in self._followed:
            shape = self.shapes[hop.to_dataset]
            names = [column.name for column in shape.columns]
            query = SQL("SELECT {} FROM {} WHERE {}").format(
                joined(", ", map(Identifier, names)),
                table(hop.to_dataset),
                joined(" AND ", (SQL("{} = %s").format(Identifier(c)) for c in hop.to_columns)),
            )
            found = self.connection.execute(query, wanted).fetchall()
            self._followed[known] = tuple(_unpadded(shape, each) for each in found)
        return self._followed[known]


def _unpadded(shape: Shape, row: Sequence[Any]) -> Row:
    """A row by column; of `character(n)` without the blanks that no comparison sees."""
    return {
        column.name: value.rstrip(" ")
        if isinstance(value, str) and base_type(column.type) == "character"
        else value
        for column, value in zip(shape.columns, row, strict=True)
    }


def readable(decision: Decision, shape: Shape) -> tuple[str, ...]:
    """The columns that are readable in some row, in the table's order."""
    named = {name for branch in decision.branches for name, _ in branch.columns}
    return tuple(column.name for column in shape.columns if column.name in named)


def key_is_readable(decision: Decision, shape: Shape) -> bool:
    """Whether the key of every visible row is seen as it is, so that rows can be told apart."""
    return bool(shape.primary_key) and all(
        dict(branch.columns).get(column) == PLAIN
        for branch in decision.branches
        for column in shape.primary_key
    )


def counted(rows: Iterable[Sequence[Any]]) -> Counter[tuple[Any, ...]]:
    """Rows as a multiset, comparable whatever their order."""
    return Counter(tuple(row) for row in rows)
