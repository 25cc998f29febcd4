"""P8: a page of a list at the REST door, against the library's ModelSerializer of the same rows.

`python -m benchmarks.lists [rows] [rounds]`, pages of 50 and of 200 rows of a catalog of 10,000
datasets by default.

The peer is the same view, permissions, query, filters, pages and renderer, with the serializer that
one would write with Django REST framework alone. The bytes of both answers are compared before
anything is timed. The last arms ask for a page deep in the list, by its cursor.
"""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

from benchmarks.durable import durable_database
from benchmarks.harness import Arm, Outcome, Promise, finish, measure

REQUESTS = 20
VERSIONS = ["django", "djangorestframework", "psycopg"]


def main() -> None:
    """Measure, and exit 1 when a promise was missed."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    django.setup()
    with durable_database():
        user = _furnish(rows)
        outcomes = [page(user, limit, rounds) for limit in (50, 200)]
        outcomes.append(deep(user, rounds))
    finish(outcomes)


def page(user: Any, limit: int, rounds: int) -> Outcome:
    """The first page of so many datasets."""
    ours, peer = _asking(_ours(), user, limit), _asking(_peer(), user, limit)
    assert ours() == peer(), "the answers differ"
    return measure(
        f"P8 lists, {limit} rows",
        [Arm("ModelSerializer", _many(peer)), Arm("ours", _many(ours))],
        [Promise(f"a page of {limit} rows", "ours", "ModelSerializer", 3)],
        rounds=rounds,
        notes=["GET /api/v1/datasets, from the request to the bytes, without middleware"],
        versions=VERSIONS,
    )


def deep(user: Any, rounds: int) -> Outcome:
    """A page at the end of the list costs what the first does."""
    first, last = _asking(_ours(), user, 50), _asking(_ours(), user, 50, cursor=_last_cursor(user))
    return measure(
        "P8 lists, first and last page",
        [Arm("first page", _many(first)), Arm("last page", _many(last))],
        [
            Promise(
                "the last page in time of the first",
                "last page",
                "first page",
                1.2,
                ours_per_against=False,
            )
        ],
        rounds=rounds,
        versions=VERSIONS,
    )


def _many(ask: Callable[[], bytes]) -> Callable[[], int]:
    def run() -> int:
        for _ in range(REQUESTS):
            ask()
        return REQUESTS

    return run


def _asking(view: Any, user: Any, limit: int, **more: str) -> Callable[[], bytes]:
    from django.core.cache import cache
    from rest_framework.test import APIRequestFactory, force_authenticate

    factory = APIRequestFactory()

    def ask() -> bytes:
        cache.clear()  # the throttle's count of this user's requests
        request = factory.get("/api/v1/datasets", {"limit": limit, **more})
        force_authenticate(request, user)
        response = view(request)
        response.render()
        assert response.status_code == 200, response.content
        return bytes(response.content)

    return ask


def _ours() -> Any:
    from apps.catalog.api.datasets import DatasetSet

    return DatasetSet.as_view({"get": "list"})


def _peer() -> Any:
    from rest_framework import serializers

    from apps.catalog.api.datasets import DatasetSet
    from apps.catalog.models import Dataset

    def key(of: str) -> Any:
        return serializers.SlugRelatedField(slug_field=of, read_only=True)

    class Peer(serializers.ModelSerializer[Dataset]):
        ref = serializers.ReadOnlyField()
        name = serializers.ReadOnlyField(source="qualified")
        system, domain, owner, steward = key("key"), key("key"), key("email"), key("email")

        class Meta:
            model = Dataset
            fields = tuple(DatasetSet.serializer_class().fields)

    class PeerSet(DatasetSet):
        def get_serializer_class(self) -> Any:
            return Peer

    return PeerSet.as_view({"get": "list"})


def _last_cursor(user: Any) -> str:
    from apps.catalog.models import Dataset
    from apps.core.pagination import _sealed

    last = Dataset.objects.order_by("-schema", "-name", "-id")[60]
    return _sealed([last.schema, last.name, last.pk])


def _furnish(rows: int) -> Any:
    from django.db import connection

    from apps.catalog.models import Dataset, System
    from tests.people import domain, fresh, person

    at = datetime.now(tz=UTC)
    systems = [System.objects.create(key=f"s{n}", name=f"System {n}") for n in range(5)]
    domains = [domain(f"d{n}") for n in range(5)]
    people = [person(f"Owner {n}", "owner") for n in range(5)]
    Dataset.objects.bulk_create(
        (
            Dataset(
                system=systems[n % 5],
                domain=domains[n % 5] if n % 3 else None,
                owner=people[n % 5] if n % 2 else None,
                schema=f"schema_{n % 20}",
                name=f"table_{n:06}",
                kind="table",
                comment=f"What is known of number {n}",
                row_estimate=n,
                size_bytes=n * 8192,
                first_seen_at=at,
                last_seen_at=at,
            )
            for n in range(rows)
        ),
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return fresh(person("Ada", "admin"))


if __name__ == "__main__":
    main()
