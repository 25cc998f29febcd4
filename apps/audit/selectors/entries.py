"""Entries by who, what, on what and when, included or excluded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Q, QuerySet

from apps.audit.models import Entry
from apps.core.errors import Invalid
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


def count_up_to(search: Search, most: int) -> int:
    """How many entries match, counted no further than `most`."""
    return entries(search).select_related(None).order_by()[:most].count()


def parse(given: Mapping[str, str]) -> Search:
    """The search that a query string asks for: `who`, `what`, `on`, each also with `not_` before.

    Patterns are separated by commas. `since` and `until` are instants or days in ISO 8601, in UTC
    when they name no zone. Raises Invalid with the field named.
    """
    return Search(
        within=_patterns(given, ""),
        without=_patterns(given, "not_"),
        since=_instant(given, "since"),
        until=_instant(given, "until"),
        request=given.get("request", "").strip(),
    )


def _patterns(given: Mapping[str, str], prefix: str) -> dict[str, list[str]]:
    found = {}
    for word in COLUMNS:
        patterns = [text.strip() for text in given.get(prefix + word, "").split(",")]
        patterns = list(dict.fromkeys(filter(None, patterns)))
        if any(ANYTHING in pattern[:-1] for pattern in patterns):
            raise Invalid(
                "A * stands at the end of a pattern only.", fields={prefix + word: "misplaced *"}
            )
        if patterns:
            found[word] = patterns
    return found


def _instant(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(
            f"{name} is a day or an instant such as 2026-11-24 or 2026-11-24T13:51:00Z.",
            fields={name: "is not an instant"},
        ) from None


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
