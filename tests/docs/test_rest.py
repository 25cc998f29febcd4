"""What the page about REST says of statuses and addresses is so."""

import re
from pathlib import Path

import pytest
from django.urls import resolve

from apps.core import errors
from apps.core.errors import Problem
from apps.core.pagination import DEFAULT_LIMIT, HIGHEST_LIMIT

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "rest.md").read_text()
PROBLEMS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, Problem) and kind is not Problem
]


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.slug)
def test_every_problem_is_on_the_page_with_its_status(kind: type[Problem]) -> None:
    (row,) = re.findall(rf"^\| {kind.status} \| (.*?) \|", PAGE, re.MULTILINE)
    assert f"`{kind.slug}`" in row


def test_every_address_on_the_page_is_one() -> None:
    found = {
        path.partition("?")[0]
        for path in re.findall(r'(?:"?\$API|api/v1|(?:GET|POST) )(/[\w\-/{}]+[\w}])', PAGE)
    }
    assert len(found) >= 8
    for path in found:
        uuid = "3ff64dd2-2693-43a7-aa24-bb1df8dba43e"
        resolve("/api/v1" + path.replace("{uuid}", uuid))


def test_the_sizes_of_pages_are_those_of_the_code() -> None:
    assert f"`limit` ({DEFAULT_LIMIT}, at most {HIGHEST_LIMIT})" in PAGE
