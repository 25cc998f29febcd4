"""P7: the search as somebody types, over 1,000,000 assets, against `icontains`.

`python -m benchmarks.search [assets] [rounds]`, a fifth of them datasets and the rest columns.

The peer looks for the same words in the same texts of what the same person may see, as one would
with Django alone. Before anything is timed, what the search finds is compared with a look at every
row. Both answer with the best eight datasets and the best eight columns.
"""

import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

from benchmarks.durable import durable_database
from benchmarks.harness import Arm, Outcome, Promise, finish, measure, report

SHOWN = 8
SYLLABLES = [a + b for a in "bdfglmnprstvzk" for b in "aeiou"]
DATASETS = """
INSERT INTO catalog_dataset (uuid, system_id, schema, name, kind, owner_role, comment, row_estimate,
    size_bytes, reads, security_invoker, first_seen_at, last_seen_at, examined, version, created_at)
SELECT gen_random_uuid(), %(system)s, w[1 + n %% 40],
    w[1 + (random() ^ 2 * 1999)::int] || '_' || w[1 + (random() ^ 2 * 1999)::int] || '_' || n,
    'table', '', w[1 + (random() ^ 2 * 1999)::int] || ' of ' || w[1 + (random() ^ 2 * 1999)::int],
    n, n, '[]', false, now(), now(), '', 1, now()
FROM generate_series(1, %(count)s) AS n, (SELECT %(words)s::text[] AS w) AS words
"""
FIELDS = """
INSERT INTO catalog_field (uuid, dataset_id, name, position, type, nullable, comment, created_at)
SELECT gen_random_uuid(), %(first)s + n %% %(datasets)s,
    w[1 + (random() ^ 2 * 1999)::int] || '_' || w[1 + (random() ^ 2 * 1999)::int] || '_' || n,
    n, 'text', true, w[1 + (random() ^ 2 * 1999)::int], now()
FROM generate_series(1, %(count)s) AS n, (SELECT %(words)s::text[] AS w) AS words
"""


def main() -> None:
    """Measure, and exit 1 when a promise was missed."""
    assets = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    django.setup()
    with durable_database():
        user, words = _furnish(assets)
        _compare(user, words)
        outcome = typed(user, words, assets, rounds)
        latencies(user, words, assets)
    finish([outcome])


def typed(user: Any, words: Sequence[str], assets: int, rounds: int) -> Outcome:
    """Two words, the second half typed."""
    draw = random.Random(7)
    texts = [_typed(draw, words) for _ in range(40)]
    return measure(
        f"P7 search, {assets} assets",
        [
            Arm("icontains", _asking(user, texts[:2], _icontains)),
            Arm("the search", _asking(user, texts, _ours)),
        ],
        [Promise("the search against icontains", "the search", "icontains", 100)],
        rounds=rounds,
        notes=["two words, the second half typed; the best eight datasets, columns, tags, people"],
        versions=["django", "psycopg"],
    )


def latencies(user: Any, words: Sequence[str], assets: int) -> None:
    """How long single searches take, the slow ones too."""
    draw = random.Random(11)
    rows = []
    for what, make in (("two words", _typed), ("one word", _one), ("two letters", _letters)):
        seconds = []
        for _ in range(200):
            text = make(draw, words)
            began = time.perf_counter()
            _ours(user, text)
            seconds.append(time.perf_counter() - began)
        cuts = statistics.quantiles(seconds, n=100)
        for name, cut in (("p50", cuts[49]), ("p95", cuts[94]), ("p99", cuts[98])):
            rows.append((f"{what}, {name}", "", f"{cut * 1000:.1f} ms", True))
    report(f"P7 search, {assets} assets, single searches", rows, versions=["django", "psycopg"])


def _typed(draw: random.Random, words: Sequence[str]) -> str:
    return f"{draw.choice(words)} {draw.choice(words)[:4]}"


def _one(draw: random.Random, words: Sequence[str]) -> str:
    return draw.choice(words)


def _letters(draw: random.Random, words: Sequence[str]) -> str:
    return draw.choice(words)[:2]


def _asking(
    user: Any, texts: Sequence[str], ask: Callable[[Any, str], object]
) -> Callable[[], int]:
    def run() -> int:
        for text in texts:
            ask(user, text)
        return len(texts)

    return run


def _ours(user: Any, text: str) -> list[Any]:
    from apps.catalog.selectors.search import search

    return search(user, text, limit=SHOWN)


def _icontains(user: Any, text: str) -> list[Any]:
    """The same with Django alone."""
    from django.db.models import Q

    from apps.catalog.models import Field, Tag
    from apps.catalog.selectors import visible_datasets
    from apps.identity.selectors import visible_users

    seen = visible_datasets(user).filter(vanished_at__isnull=True)
    datasets, fields = seen, Field.objects.filter(dataset__in=seen, vanished_at__isnull=True)
    tags, people = Tag.objects.all(), visible_users(user)
    for word in text.split():
        named = Q(name__icontains=word) | Q(comment__icontains=word)
        datasets = datasets.filter(named | Q(schema__icontains=word))
        fields = fields.filter(named)
        tags = tags.filter(name__icontains=word)
        people = people.filter(name__icontains=word)
    fields = fields.select_related("dataset__system").order_by("name", "id")
    found = [list(datasets.order_by("schema", "name")[:SHOWN]), list(fields[:SHOWN])]
    return [*found, list(tags[:SHOWN]), list(people[:SHOWN])]


def _compare(user: Any, words: Sequence[str]) -> None:
    """What the search finds has the words; where few do, it finds every one of them."""
    draw, whole = random.Random(3), 0
    for _ in range(6):
        text = _typed(draw, words)
        expected = _every_row(text)
        found = {one.name for one in _ours(user, text) if one.kind in ("dataset", "field")}
        assert found <= expected, (text, found - expected)
        assert found or not expected, text
        if len(expected) <= SHOWN:
            whole += 1
            assert found == expected, (text, expected - found)
    print(f"found what a look at every row finds: 6 searches, {whole} of them with all there is")


def _every_row(text: str) -> set[str]:
    """Names of all that has words beginning so, by a pattern over each row."""
    from django.db.models import F, TextField, Value
    from django.db.models.functions import Concat

    from apps.catalog.models import Dataset, Field

    def beginning(rows: Any, *texts: str) -> Any:
        parts = [part for name in texts for part in (F(name), Value(" "))]
        rows = rows.annotate(said=Concat(*parts, output_field=TextField()))
        for word in text.split():
            rows = rows.filter(said__iregex=rf"(^|[^a-z]){word}")
        return rows

    datasets = beginning(Dataset.objects.all(), "schema", "name", "comment")
    fields = beginning(Field.objects.all(), "name", "comment")
    return {one.qualified for one in datasets} | set(fields.values_list("name", flat=True))


def _furnish(assets: int) -> tuple[Any, list[str]]:
    from django.db import connection

    from apps.catalog.models import Dataset, System
    from tests.people import fresh, person

    draw = random.Random(1)
    words: set[str] = set()
    while len(words) < 2000:
        words.add("".join(draw.choices(SYLLABLES, k=draw.randint(2, 4))))
    drawn = sorted(words, key=lambda word: draw.random())
    system, datasets = System.objects.create(key="s", name="System"), assets // 5
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        given = {"system": system.pk, "count": datasets, "words": drawn}
        cursor.execute(DATASETS, given)
        first = Dataset.objects.earliest("pk").pk
        given = {"first": first, "datasets": datasets, "count": assets - datasets, "words": drawn}
        cursor.execute(FIELDS, given)
        cursor.execute("VACUUM ANALYZE")
    return fresh(person("Ada", "admin")), drawn


if __name__ == "__main__":
    main()
