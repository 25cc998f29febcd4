"""Whatever is sent as a body is understood or refused with 400 and its like, never with 500."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.identity.permissions import Role
from tests.people import client_of, person
from tests.servers import sized

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.urls")]


@pytest.fixture
def client() -> APIClient:
    """Somebody who may send bodies."""
    return client_of(person())


def send(client: APIClient, body: bytes | str, kind: str = "application/json") -> Any:
    """Post it as it is."""
    return client.generic("POST", "/api/v1/said", body, content_type=kind)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b'"text"',
        b"7",
        b"\xff\xfe",
        b'{"words": "\xff"}',
        b'{"words": "a\\u0000b"}',
        b'{"words": "\\ud800"}',
        b'{"w\\u0000": 1}',
        b'{"words": NaN}',
        b'{"words": Infinity}',
        b'{"words": "x", "number": 1e999}',
        b'{"words": "x", "number": ' + b"9" * 30 + b"}",
        b'{"words": "x", "number": -9223372036854775809}',
        b'{"words": "x", "number": 4294967296}',
        b'{"words": "x", "number": "1"' + b"0" * 1500 + b"}",
        b'{"words": "x", "words": "y"}',
        b'{"words": "x", "extra": 1}',
        b'{"words": null}',
        b'{"words": ["x"]}',
        b'{"words": {"a": 1}}',
        b"[" * 1900,
        b'{"a":' * 300 + b"1" + b"}" * 300,
        b'{"words": "' + b"x" * 21 + b'"}',
        "\ufeff{}".encode(),
        '{"words": "x"}'.encode("utf-16"),
    ],
)
def test_a_body_that_cannot_be_understood_is_a_bad_request(client: APIClient, body: bytes) -> None:
    response = send(client, body)
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"


def test_numbers_of_thousands_of_digits_are_a_bad_request() -> None:
    admin = client_of(person("Ada", Role.ADMIN))
    body = b'{"email": ' + b"9" * 9_000 + b"}"
    response = admin.generic("POST", "/api/v1/users", body, content_type="application/json")
    assert response.status_code == 400


def test_the_field_at_fault_is_named(client: APIClient) -> None:
    told = json.loads(send(client, b'{"words": "", "number": "x", "more": 1}').content)
    assert [error["field"] for error in told["errors"]] == ["more"]
    told = json.loads(send(client, b'{"words": "", "number": "x"}').content)
    assert [error["field"] for error in told["errors"]] == ["words", "number"]


def test_a_body_that_is_too_long_is_said_to_be(client: APIClient) -> None:
    response = send(client, b'{"words": "' + b"x" * 2_000 + b'"}')
    assert response.status_code == 413
    assert json.loads(response.content)["type"].endswith("too-large")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "nonsense",
        "",
    ],
)
def test_another_kind_of_body_is_refused(client: APIClient, kind: str) -> None:
    assert send(client, b'{"words": "x"}', kind).status_code in (201, 400, 415)
    assert send(client, b"words=x", kind).status_code in (400, 415)


def test_accepting_something_else_than_json_is_refused(client: APIClient) -> None:
    response = client.post("/api/v1/said", {"words": "x"}, headers={"Accept": "text/html"})
    assert response.status_code == 406
    assert response["Content-Type"] == "application/problem+json"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@hypothesis_settings(
    max_examples=sized(80, 2_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.fixed_dictionaries(
        {"words": JSON}, optional={"number": JSON, "things": JSON, "more": JSON}
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_body_whatever_breaks_us(client: APIClient, body: bytes) -> None:
    assert send(client, body).status_code in (201, 400, 413)
