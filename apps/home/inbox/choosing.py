"""The columns of a request as a reviewer chooses among them: kept or not, and how each is shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.access.selectors.leeway import ColumnLeeway, Leeway
from apps.catalog.models import Tag
from apps.core.errors import Problem
from apps.semantics.codec import encode_mask
from apps.semantics.explain import describe_mask
from apps.semantics.masks import Mask

MOST = 400
"""So many columns of one request can be chosen among on the page."""


@dataclass(frozen=True, slots=True)
class Option:
    """A mask that may be chosen; the empty value is the mask that stands."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One column: its number on the page, what it is, and what was chosen for it."""

    number: str
    name: str
    type: str
    tags: tuple[Tag, ...]
    shown: str
    kept: bool
    options: tuple[Option, ...]
    error: str


@dataclass(frozen=True, slots=True)
class DatasetChoice:
    """One dataset; `fixed` says why its columns cannot be chosen, empty when they can."""

    number: int
    name: str
    fixed: str
    columns: tuple[ColumnChoice, ...]
    error: str

    @property
    def kept(self) -> int:
        """How many columns stay."""
        return sum(column.kept for column in self.columns)


def choices_of(
    leeway: tuple[Leeway, ...],
    asked: Mapping[str, list[str]],
    chosen: Mapping[str, Any],
    problem: Problem | None,
) -> tuple[DatasetChoice, ...]:
    """What can be chosen, in the order of the request's datasets.

    `asked` are the columns asked for by dataset, `chosen` the terms chosen so far, `problem` what
    the service said to them. Nothing can be chosen among too many columns.
    """
    if sum(len(one.columns) for one in leeway) > MOST:
        return ()
    uuids = [str(one.dataset.uuid) for one in leeway]
    return tuple(
        _dataset(number, one, asked[uuid], chosen.get(uuid, {}), problem)
        for number, (uuid, one) in enumerate(zip(uuids, leeway, strict=True))
    )


def _dataset(
    number: int,
    leeway: Leeway,
    asked: list[str],
    chosen: Mapping[str, Any],
    problem: Problem | None,
) -> DatasetChoice:
    at = f"terms.items.{leeway.dataset.uuid}."
    masks, kept = chosen.get("masks", {}), chosen.get("columns", asked)
    places = {name: place for place, name in enumerate(asked)}
    return DatasetChoice(
        number=number,
        name=leeway.dataset.qualified,
        fixed=_("An earlier reviewer chose the columns, and that stands.")
        if leeway.settled
        else "",
        columns=tuple(
            _column(
                f"{number}.{places[column.name]}",
                column,
                kept=column.name in kept,
                mask=masks.get(column.name),
                error=_error(problem, f"{at}masks.{column.name}"),
            )
            for column in leeway.columns
        ),
        error=_error(problem, f"{at}columns"),
    )


def _column(
    number: str, column: ColumnLeeway, *, kept: bool, mask: Any, error: str
) -> ColumnChoice:
    stands = _shown(column.mask)
    options = [Option("", stands, mask is None)]
    for each in column.stricter:
        encoded = encode_mask(each)
        options.append(
            Option(json.dumps(encoded, sort_keys=True), describe_mask(each), encoded == mask)
        )
    return ColumnChoice(
        number=number,
        name=column.name,
        type=column.type,
        tags=column.tags,
        shown=stands,
        kept=kept,
        options=tuple(options) if column.stricter else (),
        error=error,
    )


def _shown(mask: Mask | None) -> str:
    return describe_mask(mask) if mask else _("not given: a rule denies it")


def _error(problem: Problem | None, at: str) -> str:
    fields = problem.fields if problem else {}
    named = any(field == at or field.startswith(f"{at}.") for field in fields)
    return problem.detail if problem and named else ""
