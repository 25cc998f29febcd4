"""How many statements each address takes is committed, and does not grow with what is there.

`tests/query_counts.json` holds a budget for everything that answers GET. An address that takes more
fails, and so does one that takes more when there is more of everything; so does a new one without a
budget. `SENESCHAL_TEST_COUNT=1` with this test writes what was counted; the difference is reviewed.
"""

import json
import logging
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.identity.permissions import Role
from tests.architecture.routes import Route, routes
from tests.architecture.things import THINGS, Place
from tests.people import client_of, domain, person

pytestmark = pytest.mark.django_db

BUDGETS = Path(__file__).parents[1] / "query_counts.json"
TABLE = tomllib.loads(Path(__file__).with_name("authorisation.toml").read_text())
MORE = 4
"""How many of each thing are added for the second count."""
PER_SYSTEM = {
    "/api/v1/policies/<uuid:uuid>/rules": "the rules are worked out from the shape of each system",
    "/policies/<slug:key>": "the same rules",
    "/logins": "each system has roles of its own",
}
"""What takes a few statements for each connected system, of which there are tens; with the reason.

Each counts as when there is one.
"""
LEFT_OUT = ("/accounts/", "/healthz/", "/api/v1/schema", "/style-guide", "/static/")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep what pages say of strange things out of a failure's report."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_no_address_takes_more_statements_than_its_budget_or_more_for_more_rows() -> None:
    client = client_of(person("Ada", Role.ADMIN))
    first = _made()
    few = _counts(client, first)
    for _ in range(MORE):
        _made()
    many = _counts(client, first)

    if os.environ.get("SENESCHAL_TEST_COUNT"):
        BUDGETS.write_text(json.dumps(few, indent=1, sort_keys=True) + "\n")
    budgets = json.loads(BUDGETS.read_text())
    grew = {
        path: (few[path], many[path])
        for path in few
        if many[path] > few[path] and path not in PER_SYSTEM
    }
    assert grew == {}, "more statements when there are more rows"
    above = {path: (count, budgets.get(path)) for path, count in few.items()
             if count > budgets.get(path, -1)}  # fmt: skip
    assert above == {}, f"more statements than {BUDGETS.name} allows; see the head of this test"
    assert set(budgets) == set(few), "addresses that are no more"


def _made() -> dict[str, dict[str, Any]]:
    """One of each thing, of somebody in a domain of its own."""
    owner = person()
    place = Place(owner, domain(f"domain-{owner.pk}"))
    return {name: make(place) for name, make in THINGS.items()}


def _counts(client: APIClient, made: dict[str, dict[str, Any]]) -> dict[str, int]:
    counted = {
        route.path: _statements(client, url)
        for route in routes()
        if not route.path.startswith(LEFT_OUT) and route.offers("GET") is not False
        for url in _address(route, made)
    }
    return {path: count for path, count in counted.items() if count is not None}


def _address(route: Route, made: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The address of the first thing that it is about; none where it is about nothing of ours."""
    if not route.parameters:
        yield route.path
        return
    thing = next((row["thing"] for row in TABLE.get(route.path, {}).values() if "thing" in row), "")
    values = made.get(thing, {})
    if {name for _, name in route.parameters} <= set(values):
        yield route.url(values)


def _statements(client: APIClient, url: str) -> int | None:
    """Statements of one request, when what a process asks for once was asked for; None for 405."""
    answer = client.get(url)
    cache.clear()
    if answer.status_code == 405:
        return None
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(url)
        if getattr(answer, "streaming", False):
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer.status_code < 500, (url, answer.status_code)
    return sum("SAVEPOINT" not in one["sql"] for one in seen.captured_queries)
