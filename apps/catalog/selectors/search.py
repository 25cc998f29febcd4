"""Finding assets, columns, tags and people by the beginnings of words, as somebody types."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, QuerySet

from apps.catalog.models import Dataset, Field, Tag
from apps.catalog.selectors.assets import visible_datasets
from apps.core.refs import Ref
from apps.identity.models import User
from apps.identity.selectors import people_matching, visible_users

MOST_WORDS = 8
CANDIDATES = 400
"""Rows that are ranked at most: of words that half the catalog has, some will do."""
_WORD = re.compile(r"\w+")
_HUMP = re.compile(r"([a-z0-9])([A-Z])")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found; `kind` is dataset, field, tag or person."""

    kind: str
    ref: Ref
    uuid: str
    name: str
    where: str


def words_of(text: str) -> list[str]:
    """The words somebody typed, split as names are."""
    return _WORD.findall(_HUMP.sub(r"\1 \2", text).replace("_", " "))[:MOST_WORDS]


def matching(text: str) -> SearchQuery | None:
    """The query for rows that have a word beginning with each of these; None for no words."""
    words = words_of(text)
    if not words:
        return None
    return SearchQuery(
        " & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple"
    )


def datasets_matching(datasets: QuerySet[Dataset], text: str) -> QuerySet[Dataset]:
    """Those of the datasets whose name, schema or comment has the words; all for no words."""
    query = matching(text)
    return datasets if query is None else datasets.filter(search=query)


def search(user: User, text: str, *, limit: int = 8) -> list[Found]:
    """What this user may know of, the best of each kind first; nothing for no words."""
    query = matching(text)
    if query is None:
        return []
    return [
        *_datasets(user, query, limit),
        *_fields(user, query, limit),
        *_tags(query, limit),
        *_people(user, words_of(text), limit),
    ]


def _datasets(user: User, query: SearchQuery, limit: int) -> list[Found]:
    found = visible_datasets(user).filter(search=query, vanished_at__isnull=True)
    rows = Dataset.objects.filter(pk__in=found.values("pk")[:CANDIDATES]).select_related("system")
    ranked = rows.order_by(SearchRank(F("search"), query).desc(), "schema", "name")[:limit]
    return [Found("dataset", d.ref, str(d.uuid), d.qualified, d.system.name) for d in ranked]


def _fields(user: User, query: SearchQuery, limit: int) -> list[Found]:
    seen = visible_datasets(user).filter(vanished_at__isnull=True)
    found = Field.objects.filter(search=query, vanished_at__isnull=True, dataset__in=seen)
    rows = Field.objects.filter(pk__in=found.values("pk")[:CANDIDATES]).select_related(
        "dataset__system"
    )
    ranked = rows.order_by(SearchRank(F("search"), query).desc(), "name", "id")[:limit]
    return [Found("field", f.ref, str(f.dataset.uuid), f.name, f.dataset.qualified) for f in ranked]


def _tags(query: SearchQuery, limit: int) -> list[Found]:
    rows = Tag.objects.filter(search=query)
    ranked = rows.order_by(SearchRank(F("search"), query).desc(), "key")[:limit]
    return [Found("tag", tag.ref, str(tag.uuid), tag.name, tag.key) for tag in ranked]


def _people(user: User, words: Sequence[str], limit: int) -> list[Found]:
    rows = people_matching(visible_users(user).filter(is_active=True), words)
    return [
        Found("person", p.ref, str(p.uuid), p.name, p.title or p.email)
        for p in rows.order_by("name", "id")[:limit]
    ]
