"""Entries by who, what, on what and when, included or excluded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.audit.models import Entry
from apps.core.refs import Ref

COLUMNS: Mapping[str, str] = {"who": "actor", "what": "action", "on": "subject"}
"""The words of a search, and the column each of them is about."""
ANYTHING = "*"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. A pattern is a whole value, or the beginning of one and a `*`.

    Several patterns of one word are alternatives; `without` leaves out what matches any.
    """

    within: Mapping[str, Sequence[str]] = field(default_factory=dict)
    without: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    request: str = ""

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Search()

    def as_text(self) -> dict[str, object]:
        """The search as it is kept in the book and in an export's first line."""
        parts: dict[str, object] = {
            **{word: list(patterns) for word, patterns in self.within.items()},
            **{f"not_{word}": list(patterns) for word, patterns in self.without.items()},
            "since": self.since,
            "until": self.until,
            "request": self.request,
        }
        return {name: part for name, part in parts.items() if part}


def entries(search: Search | None = None) -> QuerySet[Entry]:
    """The entries that match, the newest first, each with its seal."""
    found = Entry.objects.select_related("seal").order_by("-id")
    return found.filter(_condition(search)) if search else found


def entries_about(subject: Ref) -> QuerySet[Entry]:
    """All that was written about `subject`, the newest first, each with its seal."""
    return entries().filter(subject=subject)


def _condition(search: Search) -> Q:
    condition = Q()
    for word, patterns in search.within.items():
        condition &= _any_of(COLUMNS[word], patterns)
    for word, patterns in search.without.items():
        condition &= ~_any_of(COLUMNS[word], patterns)
    if search.since:
        condition &= Q(at__gte=search.since)
    if search.until:
        condition &= Q(at__lt=search.until)
    if search.request:
        condition &= Q(request=search.request)
    return condition


def _any_of(column: str, patterns: Sequence[str]) -> Q:
    condition = Q()
    for pattern in patterns:
        start, star, _rest = pattern.partition(ANYTHING)
        condition |= Q(**{f"{column}__startswith": start} if star else {column: pattern})
    return condition
