"""What the trail shows of entries and filters: sentences, chips and the links behind them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.audit import sentences
from apps.audit.models import Entry
from apps.audit.selectors.entries import COLUMNS, Search, entries_about
from apps.audit.selectors.naming import Who, whos
from apps.core.refs import Ref, key_of, kind_of

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """An entry as one line."""

    entry: Entry
    who: Who
    phrase: str
    subject_kind: str
    subject: str
    note: str
    tone: str
    icon: str
    url: str
    current: bool

    @property
    def names_subject(self) -> bool:
        """Whether the sentence needs to say what it is about; signing in is about oneself."""
        return bool(self.entry.subject != self.entry.actor)

    @property
    def joins(self) -> bool:
        """Whether the subject is what the words end with: “ended grant” and then its key."""
        return self.phrase.endswith(self.subject_kind)

    @property
    def number(self) -> str:
        """Its place in the chain, as people write it; empty until it is sealed."""
        return f"#{self.entry.seal.seq:,}" if hasattr(self.entry, "seal") else ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the address without it."""

    sign: str
    name: str
    value: str
    href: str


def events(found: Iterable[Entry], params: Params, current: str = "") -> list[Event]:
    """The lines of these entries; their links keep the filters in `params`."""
    rows = list(found)
    people = whos(entry.actor for entry in rows)
    return [_event(entry, people[entry.actor], params, current) for entry in rows]


def history(subject: Ref, most: int) -> list[Event]:
    """The newest lines about one thing, for a page of that thing; they lead to the trail."""
    trail = reverse("audit:trail")
    found = entries_about(subject)[:most]
    return [replace(line, url=trail + line.url) for line in events(found, {})]


def by_day(lines: Iterable[Event]) -> list[tuple[datetime, list[Event]]]:
    """The lines under the day on which they happened, by UTC."""
    days = groupby(lines, key=lambda line: line.entry.at.date())
    grouped = [list(day) for _, day in days]
    return [(day[0].entry.at, day) for day in grouped]


def chips(search: Search, params: Params) -> Iterator[Chip]:
    """The filters that are set."""
    for word in COLUMNS:
        for sign, prefix, group in (("in", "", search.within), ("out", "not_", search.without)):
            for pattern in group.get(word, ()):
                left = [other for other in group[word] if other != pattern]
                href = link(params, **{prefix + word: ",".join(left)})
                yield Chip(sign, word, pattern, href)
    for name in ("since", "until", "request"):
        if params.get(name):
            yield Chip("in", name, params[name], link(params, **{name: ""}))


def link(params: Params, **changes: str) -> str:
    """The query string of `params` with these changes; what is empty is left out."""
    kept = {name: value for name, value in {**params, **changes}.items() if value}
    return "?" + urlencode(kept)


def added(params: Params, name: str, pattern: str) -> str:
    """The query string with one more pattern under `name`."""
    known = [one for one in params.get(name, "").split(",") if one]
    return link(params, **{name: ",".join(dict.fromkeys([*known, pattern]))})


def pretty(value: Any) -> str:
    """JSON for people, a line for each member, so that two can be compared line by line."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) if value else ""


def _event(entry: Entry, who: Who, params: Params, current: str) -> Event:
    tone, icon = sentences.mark(entry.action)
    return Event(
        entry=entry,
        who=who,
        phrase=sentences.phrase(entry.action),
        subject_kind=kind_of(entry.subject).replace("_", " "),
        subject=key_of(entry.subject),
        note=sentences.note(entry.content),
        tone=tone,
        icon=icon,
        url=link(params, event=str(entry.uuid)),
        current=str(entry.uuid) == current,
    )
