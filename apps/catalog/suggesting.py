"""Whom the name of a login may mean, told from people's names and addresses; pure, and a guess."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Known:
    """A person as far as a login's name may tell of them."""

    person: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody whom a login may belong to, and what speaks for it."""

    person: int
    because: str


def suggestions(logins: Iterable[str], people: Sequence[Known]) -> dict[str, Suggestion]:
    """For each login the one person it may mean; none where two are meant equally well.

    One person is suggested for one login at most: for the one that speaks most plainly.
    """
    spellings = _spellings(people)
    found: dict[str, tuple[int, Suggestion]] = {}
    for login in logins:
        for rank, (because, by_spelling) in enumerate(spellings):
            meant = by_spelling.get(_plain(login), set())
            if meant:
                if len(meant) == 1:
                    found[login] = rank, Suggestion(next(iter(meant)), because)
                break
    return _one_each(found)


def _one_each(found: dict[str, tuple[int, Suggestion]]) -> dict[str, Suggestion]:
    by_person: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for login, (rank, suggestion) in found.items():
        by_person[suggestion.person].append((rank, login))
    best = {
        min(logins)[1]
        for logins in by_person.values()
        if len(logins) == 1 or sorted(logins)[0][0] < sorted(logins)[1][0]
    }
    return {login: suggestion for login, (_rank, suggestion) in found.items() if login in best}


def _spellings(people: Sequence[Known]) -> list[tuple[str, dict[str, set[int]]]]:
    """The ways in which logins are named after people, the plainest first."""
    ways: list[tuple[str, dict[str, set[int]]]] = [
        (_("the same as the e-mail address"), defaultdict(set)),
        (_("the same as the e-mail address before the @"), defaultdict(set)),
        (_("the same as the name"), defaultdict(set)),
        (_("an initial and the last name"), defaultdict(set)),
        (_("the first name alone"), defaultdict(set)),
        (_("the last name alone"), defaultdict(set)),
    ]
    for known in people:
        words = [_plain(word) for word in re.split(r"[\s.\-]+", known.name) if _plain(word)]
        first, last = (words[0], words[-1]) if words else ("", "")
        several = len(words) > 1
        spelt = (
            [known.email],
            [known.email.partition("@")[0]],
            ["".join(words), last + first if several else ""],
            [first[:1] + last, last + first[:1], first + last[:1]] if several else [],
            [first],
            [last] if several else [],
        )
        for (_because, by_spelling), texts in zip(ways, spelt, strict=True):
            for text in texts:
                if _plain(text):
                    by_spelling[_plain(text)].add(known.person)
    return ways


_AFFIXES = re.compile(r"^(usr|user|u|db|pg|svc)_|_(usr|user|db|ro|rw|read|login|pg)$")
_SPELT_OUT = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "å": "a", "ł": "l", "đ": "d"})


def _plain(text: str) -> str:
    """Lower-case letters and digits without accents, and without what logins are decorated with."""
    text = text.casefold().translate(_SPELT_OUT)
    while (bare := _AFFIXES.sub("", text)) != text:
        text = bare
    decomposed = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]", "", decomposed)
