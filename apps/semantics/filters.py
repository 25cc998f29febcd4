"""Filters: which rows, as a syntax tree and never as SQL text."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

Literal: TypeAlias = str | int | Decimal | bool | date | datetime
"""A value that a column is compared with; NULL is asked for with `IsNull` alone."""


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


@dataclass(frozen=True, slots=True)
class In:
    """Rows whose column is one of the values; an empty set matches nothing."""

    column: str
    values: frozenset[Literal]


@dataclass(frozen=True, slots=True)
class SubjectIs:
    """Rows whose column equals an attribute of the person; bound before it reaches a system."""

    column: str
    attribute: str


@dataclass(frozen=True, slots=True)
class IsNull:
    """Rows whose column is NULL."""

    column: str


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


@dataclass(frozen=True, slots=True)
class Exists:
    """Rows from which the path of foreign keys leads to a row where the predicate holds."""

    path: tuple[Hop, ...]
    where: "Filter"


Filter: TypeAlias = (
    Everything | Compare | In | SubjectIs | IsNull | Not | And | Or | Exists
)

EVERYTHING = Everything()
NOTHING = Or(())
