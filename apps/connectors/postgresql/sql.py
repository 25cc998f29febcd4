"""Filters as SQL: composed from names and literals, and meaning what the semantics say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from psycopg import sql
from psycopg.sql import SQL, Composable, Composed, Identifier

from apps.connectors.contracts import Refused
from apps.connectors.names import parts
from apps.connectors.postgresql.types import Family, family
from apps.semantics.filters import (
    And,
    Compare,
    Everything,
    Exists,
    Filter,
    Hop,
    In,
    IsNull,
    Literal,
    Not,
    Operator,
    Or,
    SubjectIs,
)
from apps.semantics.masking import base_type
from apps.semantics.rules import Shape

_OPERATORS = {
    Operator.EQ: SQL("="),
    Operator.NE: SQL("<>"),
    Operator.LT: SQL("<"),
    Operator.LE: SQL("<="),
    Operator.GT: SQL(">"),
    Operator.GE: SQL(">="),
}
_EQUALITY = (Operator.EQ, Operator.NE)
_PLAIN_TEXT = ("text", "character varying", "character")


def text_of(composed: Composable) -> str:
    """The statement or part of one, as it is sent."""
    return composed.as_string(None)


def table(dataset: str) -> Identifier:
    """The dataset's name in a statement."""
    return Identifier(*parts(dataset))


def joined(separator: str, pieces: Iterable[Composable]) -> Composed:
    """The pieces with a constant between them."""
    return SQL(separator).join(pieces)


class Filters:
    """Writes filters over one dataset; `shapes` are those of the datasets that paths lead to."""

    def __init__(self, shape: Shape, shapes: Mapping[str, Shape], alias: str = "") -> None:
        self._shape = shape
        self._shapes = shapes
        self._alias = alias
        self._hops = 0
        self._types = {column.name: column.type for column in shape.columns}
        self.used: defaultdict[str, set[str]] = defaultdict(set)
        """The columns that were written so far, by dataset."""

    def column(self, name: str) -> Composable:
        """The column where the filter stands."""
        self.used[self._shape.dataset].add(name)
        return Identifier(self._alias, name) if self._alias else Identifier(name)

    def written(self, filter: Filter) -> Composable:  # noqa: PLR0911
        """The filter as one boolean expression, NULL where it is unknown.

        Raises Refused, with a sentence, where PostgreSQL would answer otherwise than decided.
        """
        match filter:
            case Everything():
                return SQL("true")
            case Compare(column, operator, value):
                return self._compare(column, operator, value)
            case In(column, values):
                return self._in(column, _sorted(values))
            case IsNull(column):
                return SQL("({} IS NULL)").format(self.column(self._known(column)))
            case Not(part):
                return SQL("(NOT {})").format(self.written(part))
            case And(parts_):
                return self._joined(" AND ", parts_, "true")
            case Or(parts_):
                return self._joined(" OR ", parts_, "false")
            case Exists(path, where):
                return self._exists(path, where)
            case SubjectIs(column, attribute):
                raise Refused(
                    f"The rows of {self._shape.dataset} depend on {attribute} of whoever asks "
                    f"({column}), and that was not bound to a person."
                )

    def _in(self, column: str, values: list[Literal]) -> Composable:
        type = self._types[self._known(column)]
        sides = [self._sides(column, type, Operator.EQ, value) for value in values]
        if not sides:
            return SQL("false")
        if len({text_of(left) for left, _ in sides}) > 1:  # only texts that are no uuid
            return self._joined(" OR ", tuple(Compare(column, Operator.EQ, v) for v in values), "")
        literals = joined(", ", (right for _, right in sides))
        return SQL("({} IN ({}))").format(sides[0][0], literals)

    def _joined(self, separator: str, filters: tuple[Filter, ...], empty: str) -> Composable:
        if not filters:
            return SQL(empty)
        if len(filters) == 1:
            return self.written(filters[0])
        return SQL("({})").format(joined(separator, (self.written(each) for each in filters)))

    def _known(self, column: str) -> str:
        if column not in self._types:
            raise Refused(f"{self._shape.dataset} has no column {column} to choose rows by.")
        return column

    def _compare(self, column: str, operator: Operator, value: Literal) -> Composable:
        type = self._types[self._known(column)]
        left, right = self._sides(column, type, operator, value)
        return SQL("({} {} {})").format(left, _OPERATORS[operator], right)

    def _sides(
        self, column: str, type: str, operator: Operator, value: Literal
    ) -> tuple[Composable, Composable]:
        name = self.column(column)
        kind = family(type)
        if kind is Family.OPAQUE or not _fits(kind, value):
            raise Refused(
                f"{self._shape.dataset}.{column} is {type} and cannot be compared with "
                f"{value!r} so that the answer is the same in every session."
            )
        if kind is Family.UUID:
            return self._uuid(column, name, operator, str(value))
        if kind in (Family.TEXT, Family.DECLARED) and isinstance(value, str):
            padded = base_type(type) == "character" and value.endswith(" ")
            if operator in _EQUALITY and base_type(type) in _PLAIN_TEXT and not padded:
                return name, sql.Literal(value)
            collated = SQL('({}::text COLLATE "C")').format(name)
            return collated, sql.Literal(value)
        literal: Composable = sql.Literal(value)
        if base_type(type) == "double precision":
            literal = SQL("{}::double precision").format(sql.Literal(str(value)))
        return name, literal

    def _uuid(
        self, column: str, name: Composable, operator: Operator, value: str
    ) -> tuple[Composable, Composable]:
        if operator not in _EQUALITY:
            raise Refused(f"{self._shape.dataset}.{column} is uuid, which has no order here.")
        try:
            exact = str(UUID(value)) == value
        except ValueError:
            exact = False
        if exact:
            return name, SQL("{}::uuid").format(sql.Literal(value))
        return SQL("{}::text").format(name), sql.Literal(value)

    def _exists(self, path: tuple[Hop, ...], where: Filter) -> Composable:
        """The rows that the path leads to are read with the rights of the view's owner."""
        if any(hop.to_dataset not in self._shapes for hop in path):
            raise Refused(
                f"The rows of {self._shape.dataset} depend on {path[-1].to_dataset}, and the last "
                "scan did not see every table on the way there."
            )
        conditions: list[Composable] = []
        tables: list[Composable] = []
        previous = self
        for hop in path:
            self._hops += 1
            alias = f"{self._alias or 't'}_{self._hops}"
            following = Filters(self._shapes[hop.to_dataset], self._shapes, alias)
            following.used = self.used
            tables.append(SQL("{} AS {}").format(table(hop.to_dataset), Identifier(alias)))
            for here, there in zip(hop.columns, hop.to_columns, strict=True):
                pair = SQL("({} = {})").format(previous.column(here), following.column(there))
                conditions.append(pair)
            previous = following
        conditions.append(previous.written(where))
        return SQL("(EXISTS (SELECT 1 FROM {} WHERE {}))").format(
            joined(", ", tables), joined(" AND ", conditions)
        )


def _sorted(values: Iterable[Literal]) -> list[Literal]:
    return sorted(values, key=lambda value: (str(type(value)), str(value)))


def _fits(kind: Family, value: Literal) -> bool:
    """Whether the semantics compare such a column with such a literal."""
    if isinstance(value, bool):
        return kind is Family.TRUTH
    if isinstance(value, int | Decimal):
        return kind in (Family.NUMBER, Family.DECLARED)
    if isinstance(value, str):
        return kind in (Family.TEXT, Family.DECLARED, Family.UUID)
    if isinstance(value, datetime):
        if value.utcoffset() is not None:
            return kind is Family.INSTANT
        return kind in (Family.DATE, Family.NAIVE)
    return isinstance(value, date) and kind in (Family.DATE, Family.NAIVE)
