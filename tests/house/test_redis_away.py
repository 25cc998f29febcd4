"""While Redis is away nothing breaks: what needs it says so, and nobody signs in uncounted."""

import logging
import socket
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.core.problems import MEDIA_TYPE
from apps.identity.permissions import Role
from controlplane.embedded.ports import LOOPBACK
from controlplane.settings.cache import caches
from tests.architecture.routes import routes
from tests.people import PASSWORD, client_of, person, token_for

pytestmark = pytest.mark.django_db

DUMMIES = {"uuid": UUID(int=0), "slug": "nothing", "int": 0, "str": "nothing", "path": "nothing"}
SIGN_IN = "/accounts/login/"


@pytest.fixture
def away(settings: Settings) -> None:
    """No Redis listens where the product's own settings look for it."""
    settings.CACHES = caches(f"redis://{LOOPBACK}:9/0")


@pytest.fixture
def silent(settings: Settings) -> Iterator[None]:
    """Something listens there and never says a word."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(50)
        settings.CACHES = caches(f"redis://{LOOPBACK}:{listener.getsockname()[1]}/0")
        yield


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep what is asked for out of a failure's report."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def unavailable(response: Any) -> bool:
    """Whether it says in a sentence that Redis does not answer, and when to come again."""
    return (
        response.status_code == 503
        and response["Retry-After"] == "5"
        and "Redis, which counts them, does not answer" in response.content.decode()
    )


@pytest.mark.usefixtures("away")
def test_no_address_breaks_and_each_of_the_api_says_what_is_away() -> None:
    client = client_of(person("Ada", Role.ADMIN))
    client.raise_request_exception = False
    for route in routes():
        values = {name: DUMMIES[converter] for converter, name in route.parameters}
        response = client.get(route.url(values))
        if route.path.startswith("/healthz/"):
            continue
        assert response.status_code != 500, route.path
        if route.is_api and route.offers("GET"):
            assert unavailable(response), (route.path, response.content)
            assert response["Content-Type"] == MEDIA_TYPE


@pytest.mark.usefixtures("away")
def test_a_token_is_not_let_through_uncounted() -> None:
    ada = person("Ada", Role.ADMIN)
    headers = {"Authorization": f"Bearer {token_for(ada)}"}
    assert unavailable(Client().get("/api/v1/me", headers=headers))


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_nobody_signs_in_while_tries_cannot_be_counted(password: str) -> None:
    ada = person("Ada", Role.ADMIN, password=PASSWORD)
    client = Client(raise_request_exception=False)
    response = client.post(SIGN_IN, {"login": ada.email, "password": password})
    assert unavailable(response)
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("silent")
def test_a_redis_that_never_answers_is_away_too() -> None:
    ada = person("Ada", Role.ADMIN, password=PASSWORD)
    client = Client(raise_request_exception=False)
    assert unavailable(client.post(SIGN_IN, {"login": ada.email, "password": PASSWORD}))
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("away")
def test_pages_of_whoever_is_signed_in_go_on() -> None:
    client = client_of(person("Sam", Role.STEWARD))
    assert client.get("/").status_code == 200
