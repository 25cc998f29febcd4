"""The sidebar: what somebody may open, what waits there, and where they are."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from pytest_django.fixtures import Settings

from apps.core.rest.permissions import SIGNED_IN
from apps.core.views import public, require
from apps.home import navigation
from apps.identity.permissions import Role
from tests.people import person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def part(name: str, *routes: object) -> object:
    return path("", include((list(routes), name)))


urlpatterns = [
    part("home", path("", require(SIGNED_IN)(page), name="inbox")),
    part(
        "access",
        path("grants", require("access.view_all")(page), name="grants"),
        path("requests", require(SIGNED_IN)(page), name="requests"),
        path("requests/ask", public(page), name="ask"),
    ),
    part("audit", path("audit", undeclared, name="trail")),
]


@pytest.fixture(autouse=True)
def these_pages(settings: Settings) -> Iterator[None]:
    """Only the pages above exist."""
    settings.ROOT_URLCONF = __name__
    navigation._address.cache_clear()
    yield
    navigation._address.cache_clear()


def labels(groups: list[navigation.Group]) -> list[str]:
    return [str(item.label) for group in groups for item in group.items]


def current(groups: list[navigation.Group]) -> list[str]:
    return [str(item.label) for group in groups for item in group.items if item.current]


def test_a_place_is_shown_to_those_whom_its_page_lets_in() -> None:
    member, owner = person("", Role.MEMBER), person("", Role.OWNER)
    assert labels(navigation.groups(member, "/", NOW)) == ["Inbox", "My requests", "Ask for access"]
    assert "Grants" in labels(navigation.groups(owner, "/", NOW))


def test_a_page_that_does_not_exist_or_declares_nobody_is_not_shown() -> None:
    shown = labels(navigation.groups(person("", Role.ADMIN), "/", NOW))
    assert "Policies" not in shown
    assert "Audit trail" not in shown


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/", ["Inbox"]),
        ("/requests/17", ["My requests"]),
        ("/requests/ask", ["Ask for access"]),
        ("/grants", ["Grants"]),
        ("/grants-of-others", []),
        ("/elsewhere", []),
    ],
)
def test_the_place_with_the_longest_fitting_address_is_current(
    address: str, place: list[str]
) -> None:
    assert current(navigation.groups(person("", Role.ADMIN), address, NOW)) == place


def test_nobody_signed_in_sees_no_places() -> None:
    request = HttpRequest()
    assert navigation.context(request) == {"navigation": [], "systems_url": ""}
