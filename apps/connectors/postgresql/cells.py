"""The text of a view that shows each cell exactly to those who may see it, masked as decided."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from psycopg import sql
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.contracts import Refused
from apps.connectors.postgresql.masks import Masked, masked
from apps.connectors.postgresql.people import Profile
from apps.connectors.postgresql.sql import Filters, joined, table, text_of
from apps.connectors.postgresql.types import written
from apps.semantics.codec import canonical_text
from apps.semantics.filters import EVERYTHING, Filter
from apps.semantics.masking import base_type, misfit, shown_type
from apps.semantics.masks import NULL, PLAIN, Mask, strictest
from apps.semantics.rules import Column, Shape
from apps.semantics.simplify import either

_MOST_MASKS = 5
"""So many masks of one column for one person are told apart row by row; more are refused."""

ALIAS = "t"


def has(role: str, how: str = "USAGE") -> Composable:
    """Whether the one who asks is a member of the role, tested once for each query."""
    return SQL("(SELECT pg_has_role(current_user, {}, {}))").format(
        sql.Literal(role), sql.Literal(how)
    )


def rows_of(profile: Profile) -> Filter:
    """The rows in which the profile shows anything."""
    return either(branch.filter for branch in profile.branches)


def scope(role: str, rows: Filter, filters: Filters) -> Composable:
    """The condition under which members of the role see a row."""
    if rows == EVERYTHING:
        return has(role)
    return SQL("({} AND {})").format(has(role), filters.written(rows))


@dataclass(frozen=True, slots=True)
class Cells:
    """A dataset, its profiles by the role that has each, widest first, and the mask key's id."""

    shape: Shape
    shapes: Mapping[str, Shape]
    profiles: Mapping[str, Profile]
    key: str = ""

    def select(self) -> tuple[str, dict[str, list[str]]]:
        """The query of the view, and the columns it reads, by dataset."""
        filters = Filters(self.shape, self.shapes, ALIAS)
        shown = {name for profile in self.profiles.values() for name in profile.columns}
        columns = [column for column in self.shape.columns if column.name in shown]
        scopes = [scope(role, rows_of(each), filters) for role, each in self.profiles.items()]
        text = text_of(
            SQL("SELECT {} FROM {} AS {} WHERE {}").format(
                joined(", ", (self._column(column, filters) for column in columns)),
                table(self.shape.dataset),
                Identifier(ALIAS),
                joined(" OR ", scopes),
            )
        )
        return text, {dataset: sorted(used) for dataset, used in sorted(filters.used.items())}

    def _column(self, column: Column, filters: Filters) -> Composable:
        if all(_everywhere_plain(profile, column.name) for profile in self.profiles.values()):
            return filters.column(column.name)
        type = self._type(column)  # first: a mask that does not fit the column is refused
        whens = [
            SQL("WHEN {} THEN {}").format(has(role), self._shown(profile, column, filters))
            for role, profile in self.profiles.items()
            if column.name in profile.columns
        ]
        return SQL("(CASE {} END)::{} AS {}").format(
            joined(" ", whens), SQL(type), Identifier(column.name)
        )

    def _shown(self, profile: Profile, column: Column, filters: Filters) -> Composable:
        """The cell for one profile: in each row under the strictest mask of what covers it."""
        rows: dict[Mask, list[Filter]] = defaultdict(list)
        for branch in profile.branches:
            for name, mask in branch.columns:
                if name == column.name:
                    rows[mask].append(branch.filter)
        where = {mask: either(each) for mask, each in rows.items()}
        if set(where) == {NULL}:
            return SQL("NULL")  # untyped: a CASE of NULLs alone would be text
        if len(where) == 1:
            ((mask, filter),) = where.items()
            if canonical_text(filter) == canonical_text(rows_of(profile)):
                return self._masked(mask, column, filters)
        self._refuse_too_many(column, where)
        whens = [
            SQL("WHEN {} THEN {}").format(
                joined(" AND ", (filters.written(where[mask]) for mask in group)),
                self._masked(strictest(group), column, filters),
            )
            for group in _groups(where)
        ]
        return SQL("CASE {} END").format(joined(" ", whens))

    def _masked(self, mask: Mask, column: Column, filters: Filters) -> Composable:
        if mask == NULL:
            return SQL("NULL")
        dataset, name = self.shape.dataset, column.name
        return masked(mask, Masked(dataset, name, column.type, filters.column(name), self.key))

    def _refuse_too_many(self, column: Column, where: Mapping[Mask, Filter]) -> None:
        if len(where) > _MOST_MASKS:
            raise Refused(
                f"{self.shape.dataset}.{column.name} would be masked in {len(where)} ways for one "
                f"person, row by row; at most {_MOST_MASKS} are told apart."
            )

    def _type(self, column: Column) -> str:
        """The one type that the column has in the view, whatever mask each person sees it under."""
        masks = {
            mask
            for profile in self.profiles.values()
            for branch in profile.branches
            for name, mask in branch.columns
            if name == column.name
        }
        reasons = [
            f"{self.shape.dataset}.{column.name}: {reason}"
            for mask in sorted(masks, key=repr)
            if (reason := misfit(mask, column.type))
        ]
        if reasons:
            raise Refused(*reasons)
        types = {shown_type(mask, column.type) for mask in masks - {NULL}}
        return written(_common(types or {column.type}, column, self.shape.dataset))


def _everywhere_plain(profile: Profile, column: str) -> bool:
    return all(dict(branch.columns).get(column) == PLAIN for branch in profile.branches)


def _groups(masks: Iterable[Mask]) -> Iterable[Sequence[Mask]]:
    """Every set of masks that may meet in a row, the larger before the smaller."""
    ordered = sorted(masks, key=repr)
    for size in range(len(ordered), 0, -1):
        yield from combinations(ordered, size)


def _common(types: set[str], column: Column, dataset: str) -> str:
    if len(types) == 1:
        return next(iter(types))
    bases = {base_type(type) for type in types}
    if len(bases) == 1:
        return next(iter(bases))
    if bases <= {"text", "character varying", "character", "name", "citext"}:
        return "text"
    raise Refused(
        f"{dataset}.{column.name} would be {' for some and '.join(sorted(types))} for others, and "
        "a column of a view has one type; choose masks that leave it one type."
    )
