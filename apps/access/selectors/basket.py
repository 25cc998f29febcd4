"""What somebody is about to ask for: datasets with the columns and rows chosen in each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.access.narrowing import narrowed
from apps.access.routes import Asked
from apps.catalog import selectors as catalog
from apps.catalog.models import Dataset, Field, Tag
from apps.core.errors import Invalid
from apps.identity.models import User

MOST = 30
"""So many datasets at once."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows, as typed; without a column every row."""

    column: str = ""
    operator: str = "="
    value: str = ""


@dataclass(frozen=True, slots=True)
class Picks:
    """What was chosen in one dataset; no columns yet means those that are offered at first."""

    columns: frozenset[str] | None = None
    rows: Rows = Rows()


@dataclass(frozen=True, slots=True)
class Choice:
    """A column that may be chosen, and what it is known to hold."""

    name: str
    kind: str
    tags: tuple[Tag, ...]
    chosen: bool

    @property
    def personal(self) -> bool:
        """Whether it carries personal data."""
        return any(tag.personal for tag in self.tags)

    @property
    def harmless(self) -> bool:
        """Whether it is known to name nobody."""
        return bool(self.tags) and not self.personal

    @property
    def says(self) -> str:
        """Its strictest tag, when that is worth saying."""
        return next((tag.name for tag in self.tags if tag.rank > 0), "")


@dataclass(frozen=True, slots=True)
class Picked:
    """One dataset of the basket."""

    dataset: Dataset
    choices: tuple[Choice, ...]
    rows: Rows

    @property
    def chosen(self) -> frozenset[str]:
        """The names of the columns chosen."""
        return frozenset(choice.name for choice in self.choices if choice.chosen)

    def asked(self, number: int) -> Asked:
        """The item to ask for. Raises Invalid when the rows make no sense."""
        kinds = {choice.name: choice.kind for choice in self.choices}
        rows = self.rows
        limit = narrowed(
            rows.column,
            kinds.get(rows.column, ""),
            rows.operator,
            rows.value,
            at=f"items.{number}.filter",
        )
        return Asked(dataset=self.dataset, columns=self.chosen, filter=limit)


def basket(user: User, picks: Mapping[UUID, Picks]) -> list[Picked]:
    """These datasets, in their order, as far as the user may know of them and they exist.

    Raises Invalid when there are too many.
    """
    wanted = list(picks)
    if len(wanted) > MOST:
        raise Invalid(f"At most {MOST} datasets at once.", fields={"items": f"at most {MOST}"})
    visible = catalog.visible_datasets(user).filter(uuid__in=wanted, vanished_at=None)
    found = {dataset.uuid: dataset for dataset in visible.select_related("system", "domain")}
    return [_picked(found[uuid], picks[uuid]) for uuid in wanted if uuid in found]


def _picked(dataset: Dataset, picks: Picks) -> Picked:
    tags = catalog.tags_of(dataset)
    fields = list(catalog.current_fields(dataset))
    chosen = picks.columns if picks.columns is not None else _offered(fields, tags)
    choices = tuple(
        Choice(field.name, field.type, tuple(tags.get(field.name, ())), field.name in chosen)
        for field in fields
    )
    return Picked(dataset, choices, picks.rows)


def _offered(fields: Iterable[Field], tags: Mapping[str, list[Tag]]) -> frozenset[str]:
    """What is chosen at first: what is known to name nobody, or else all that is classified."""
    known = {field.name: tags[field.name] for field in fields if tags.get(field.name)}
    harmless = {name for name, carried in known.items() if not any(t.personal for t in carried)}
    return frozenset(harmless or known)
