"""Filters: which rows, as a syntax tree and never as SQL text."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Literal: TypeAlias = str | int | Decimal | bool | date | datetime
"""A value that a column is compared with; NULL is asked for with `IsNull` alone."""


def _check_name(what: str, name: str) -> None:
    if not name or "\0" in name:
        raise ValueError(f"{what} needs a name")


def _check_literal(value: Literal) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("text with a NUL character is in no table")
        value.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    elif isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("a decimal literal is a finite number")
    elif not isinstance(value, bool | int | date):
        raise ValueError(f"{type(value).__name__} is no kind of literal")


class Operator(StrEnum):
    """How a column is compared with a literal."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True)
class Everything:
    """Every row."""


@dataclass(frozen=True, slots=True)
class Compare:
    """Rows whose column compares so with the literal; unknown (NULL) is not a match."""

    column: str
    operator: Operator
    value: Literal

    def __post_init__(self) -> None:
        """Raise ValueError when the column has no name or the value cannot be in a table."""
        _check_name("a column", self.column)
        _check_literal(self.value)


@dataclass(frozen=True, slots=True)
class In:
    """Rows whose column is one of the values; an empty set matches nothing."""

    column: str
    values: frozenset[Literal]

    def __post_init__(self) -> None:
        """Raise ValueError when the values are of several types or cannot be in a table."""
        _check_name("a column", self.column)
        for value in self.values:
            _check_literal(value)
        if len({type(value) for value in self.values}) > 1:
            raise ValueError("the values of one set are all of one type")


@dataclass(frozen=True, slots=True)
class SubjectIs:
    """Rows whose column equals an attribute of the person; bound before it reaches a system."""

    column: str
    attribute: str

    def __post_init__(self) -> None:
        """Raise ValueError when the column or the attribute has no name."""
        _check_name("a column", self.column)
        _check_name("an attribute", self.attribute)


@dataclass(frozen=True, slots=True)
class IsNull:
    """Rows whose column is NULL."""

    column: str

    def __post_init__(self) -> None:
        """Raise ValueError when the column has no name."""
        _check_name("a column", self.column)


@dataclass(frozen=True, slots=True)
class Not:
    """Rows for which the part is false; where the part is unknown, this is unknown too."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    """Rows for which all parts are true; no parts means every row."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Rows for which some part is true; no parts means no row."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Hop:
    """One foreign key: `columns` here equal `to_columns` of `to_dataset` (`schema.table`)."""

    columns: tuple[str, ...]
    to_dataset: str
    to_columns: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise ValueError when the two sides do not pair up."""
        _check_name("the dataset of a foreign key", self.to_dataset)
        for column in (*self.columns, *self.to_columns):
            _check_name("a column", column)
        if not self.columns or len(self.columns) != len(self.to_columns):
            raise ValueError("a foreign key pairs one column or more with as many")


@dataclass(frozen=True, slots=True)
class Exists:
    """Rows from which the path of foreign keys leads to a row where the predicate holds."""

    path: tuple[Hop, ...]
    where: "Filter"

    def __post_init__(self) -> None:
        """Raise ValueError when the path is empty."""
        if not self.path:
            raise ValueError("a path follows at least one foreign key")


Filter: TypeAlias = Everything | Compare | In | SubjectIs | IsNull | Not | And | Or | Exists

EVERYTHING = Everything()
NOTHING = Or(())


def led_to(filter: Filter) -> frozenset[str]:
    """The datasets to which the filter's foreign keys lead."""
    match filter:
        case Not(part):
            return led_to(part)
        case And(parts) | Or(parts):
            return frozenset().union(*(led_to(part) for part in parts))
        case Exists(path, where):
            return led_to(where).union(hop.to_dataset for hop in path)
        case _:
            return frozenset()
