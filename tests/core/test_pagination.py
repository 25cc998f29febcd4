"""Pages by keyset: nothing skipped, nothing twice, whatever happens in between; any cursor."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.identity.models import User
from apps.identity.permissions import Role
from tests.people import client_of, person

pytestmark = pytest.mark.django_db
USERS = "/api/v1/users"


def people(count: int) -> None:
    """Make people, several of them with the same name."""
    User.objects.bulk_create(
        User(email=f"p{n}@example.org", name=f"Name {n % 7}") for n in range(count)
    )


def walk(client: APIClient, url: str) -> list[str]:
    """The uuids on all pages in order."""
    found: list[str] = []
    while url:
        response = client.get(url)
        assert response.status_code == 200, response.content
        found += [row["uuid"] for row in response.json()["results"]]
        url = response.json()["next"]
    return found


@pytest.mark.parametrize("limit", [1, 7, 50, 200])
def test_every_row_is_on_exactly_one_page_in_order(limit: int) -> None:
    people(60)
    client = client_of(person("Ada", Role.ADMIN))
    found = walk(client, f"{USERS}?limit={limit}")
    wanted = [
        str(one) for one in User.objects.order_by("name", "id").values_list("uuid", flat=True)
    ]
    assert found == wanted


def test_what_is_added_or_removed_meanwhile_neither_skips_nor_doubles_the_rest() -> None:
    people(20)
    client = client_of(person("Ada", Role.ADMIN))
    first = client.get(f"{USERS}?limit=10").json()
    seen = [row["uuid"] for row in first["results"]]
    User.objects.filter(uuid=seen[3]).delete()
    User.objects.create(email="early@example.org", name="A", title="new")
    rest = walk(client, first["next"])
    assert not set(rest) & set(seen)
    later = User.objects.order_by("name", "id").filter(name__gt="Name 2")
    assert {str(one) for one in later.values_list("uuid", flat=True)} <= {*seen, *rest}


def test_the_next_page_keeps_the_filters() -> None:
    people(3)
    client = client_of(person("Ada", Role.ADMIN))
    following = client.get(f"{USERS}?kind=person&limit=1").json()["next"]
    assert parse_qs(urlsplit(following).query)["kind"] == ["person"]


def test_a_page_costs_the_same_number_of_queries_however_far_down() -> None:
    people(300)
    client = client_of(person("Ada", Role.ADMIN))
    url, counts = f"{USERS}?limit=20", []
    while url:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            url = client.get(url).json()["next"]
        counts.append(len(queries))
    assert len(counts) > 10
    assert set(counts) == {4}  # session, user, roles, page


def sealed(value: object) -> str:
    """A cursor as anybody can make one."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "!!!",
        "%00",
        "a" * 3000,
        sealed([]),
        sealed("x"),
        sealed({"a": 1}),
        sealed(["Name"]),
        sealed(["Name", 1, 2]),
        sealed(["Name", "x"]),
        sealed(["Name", 2**70]),
        sealed(["Name", -(2**70)]),
        sealed(["a\x00b", 1]),
        sealed(["\ud800", 1]),
        sealed([None, 1]),
        sealed([["x"], 1]),
        sealed([1.5, 1]),
    ],
)
def test_a_cursor_that_is_not_ours_is_a_bad_request(cursor: str) -> None:
    response = client_of(person("Ada", Role.ADMIN)).get(USERS, {"cursor": cursor})
    assert response.status_code == 400, response.content
    assert response.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "", "1e2", "٣", "9" * 99, "1.0", " 1"])
def test_a_limit_beyond_bounds_is_a_bad_request(limit: str) -> None:
    response = client_of(person("Ada", Role.ADMIN)).get(USERS, {"limit": limit})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "limit"
