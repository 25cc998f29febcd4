"""What the pages of the catalog show: a list with its filters, and one dataset tab by tab."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from apps.catalog.models import (
    NOTHING_PERSONAL,
    Bypass,
    Dataset,
    Field,
    Privilege,
    System,
    Tagging,
    TagState,
)
from apps.catalog.saying import Evidence, evidence_of
from apps.catalog.selectors.people import bypasses_of
from apps.catalog.work import SCAN
from apps.identity.models import User
from apps.jobs.models import Job
from apps.jobs.models import State as JobState


@dataclass(frozen=True, slots=True)
class Said:
    """A tagging with its evidence in words."""

    tagging: Tagging
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column with what waits for a decision and what was decided."""

    field: Field
    waiting: tuple[Said, ...]
    confirmed: tuple[Said, ...]

    @property
    def harmless(self) -> bool:
        """Whether a person has said that it holds nothing to protect."""
        return any(said.tagging.tag.key == NOTHING_PERSONAL for said in self.confirmed)


@dataclass(frozen=True, slots=True)
class Opened:
    """The column that is looked at closely, and where it stands among those that wait."""

    row: ColumnRow
    number: int
    of: int
    before: str
    after: str
    """Names of the waiting columns beside it; empty where there is none."""

    @property
    def neighbours(self) -> list[tuple[str, str, str]]:
        """The waiting columns beside it: name, icon and what leads there is called."""
        both = [
            (self.before, "chevron-up", _("Previous column that waits")),
            (self.after, "chevron-down", _("Next column that waits")),
        ]
        return [each for each in both if each[0]]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a dataset: those to decide first, then the tagged, then those without."""

    waiting: tuple[ColumnRow, ...]
    tagged: tuple[ColumnRow, ...]
    bare: tuple[ColumnRow, ...]

    def opened(self, name: str) -> Opened | None:
        """The column of this name, else the first that waits; None when neither is there."""
        rows = (*self.waiting, *self.tagged, *self.bare)
        first = self.waiting[0] if self.waiting else None
        row = next((each for each in rows if each.field.name == name), first)
        if row is None:
            return None
        names = [each.field.name for each in self.waiting]
        place = names.index(row.field.name) if row.waiting else -1
        return Opened(
            row=row,
            number=place + 1,
            of=len(names),
            before=names[place - 1] if place > 0 else "",
            after=names[place + 1] if 0 <= place < len(names) - 1 else "",
        )

    def following(self, field: Field | None) -> ColumnRow | None:
        """The column that waits next after this one, beginning anew at the end."""
        after = (row for row in self.waiting if field and row.field.position >= field.position)
        return next(after, self.waiting[0] if self.waiting else None)

    @property
    def total(self) -> int:
        """How many columns there are."""
        return len(self.waiting) + len(self.tagged) + len(self.bare)


def columns_of(dataset: Dataset) -> Columns:
    """The columns with their tags, in a constant number of reads."""
    taggings = Tagging.objects.select_related("tag", "decided_by").order_by("-tag__rank", "id")
    fields = (
        Field.objects.filter(dataset=dataset, vanished_at__isnull=True)
        .prefetch_related(Prefetch("taggings", taggings))
        .order_by("position", "id")
    )
    rows = [_row(field) for field in fields]
    return Columns(
        waiting=tuple(row for row in rows if row.waiting),
        tagged=tuple(row for row in rows if row.confirmed and not row.waiting),
        bare=tuple(row for row in rows if not row.confirmed and not row.waiting),
    )


def _row(field: Field) -> ColumnRow:
    taggings = list(field.taggings.all())
    return ColumnRow(
        field=field,
        waiting=_said(one for one in taggings if one.state == TagState.PROPOSED),
        confirmed=_said(one for one in taggings if one.state == TagState.CONFIRMED),
    )


def _said(taggings: Iterable[Tagging]) -> tuple[Said, ...]:
    return tuple(Said(one, evidence_of(one)) for one in taggings)


def counted(datasets: QuerySet[Dataset]) -> QuerySet[Dataset]:
    """The datasets, each with how many columns it has and how many proposals wait."""
    there = Q(fields__vanished_at__isnull=True)
    return datasets.annotate(
        columns=Count("fields", filter=there, distinct=True),
        proposals=Count(
            "fields__taggings",
            filter=there & Q(fields__taggings__state=TagState.PROPOSED),
            distinct=True,
        ),
    )


def readers_of(dataset: Dataset) -> QuerySet[Privilege]:
    """The rights to read it that were found there, the owner's own left out."""
    return Privilege.objects.filter(dataset=dataset, privilege="SELECT").order_by(
        "grantee", "column"
    )


def ways_past(dataset: Dataset) -> QuerySet[Bypass]:
    """Ways past a rule on it, those over this very dataset first."""
    return bypasses_of(dataset).order_by("dataset", "kind", "through")


def looked_at(system: System) -> datetime | None:
    """When the system was last read whole; where nothing had changed only the job tells."""
    done = Job.objects.filter(name=SCAN, key=system.key, state=JobState.DONE)
    last = done.order_by("-finished_at").values_list("finished_at", flat=True).first()
    return max(filter(None, (last, system.scanned_at)), default=None)


def may_classify(user: User, dataset: Dataset) -> bool:
    """Whether this user has the word on this dataset's tags."""
    return user.has_perm("catalog.classify", dataset)
