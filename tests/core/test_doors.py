"""What every door has in common: closed unless declared, and one way to tell what went wrong."""

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.identity.permissions import Role
from tests.people import client_of, person, token_for

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.urls")]
PROBLEM = "application/problem+json"


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem in a response of this status, checked for its members."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    told: dict[str, Any] = json.loads(response.content)
    assert told["status"] == status
    assert told["request_id"] == response["X-Request-ID"]
    assert set(told) == {
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "request_id",
        "errors",
    }
    return told


@pytest.mark.parametrize("path", ["/api/v1/undeclared", "/api/v1/undeclared-view"])
def test_an_address_that_declares_nothing_is_closed_even_to_administrators(path: str) -> None:
    problem(client_of(person("Ada", Role.ADMIN)).get(path), 403)
    problem(client_of(None).get(path), 401)


def test_a_page_that_declares_nothing_is_closed_even_to_administrators() -> None:
    response = client_of(person("Ada", Role.ADMIN)).get("/undeclared-page")
    assert response.status_code == 403
    assert b"secret" not in response.content


def test_the_answer_to_nobody_asks_for_a_token() -> None:
    response = client_of(None).get("/api/v1/said")
    assert problem(response, 401)["type"] == "urn:seneschal:problem:not-authenticated"
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_permission_is_asked_before_the_body_is_read() -> None:
    client = client_of(person())
    refused = client.post("/api/v1/users", "{no json", content_type="application/json")
    problem(refused, 403)
    anonymous = client_of(None).post("/api/v1/said", b"\xff", content_type="application/json")
    problem(anonymous, 401)


def test_a_method_that_is_not_offered_says_which_are() -> None:
    response = client_of(person()).delete("/api/v1/said")
    problem(response, 405)
    assert "POST" in response["Allow"]


def test_an_address_that_is_not_there_is_a_problem_too() -> None:
    problem(client_of(None).get("/api/v1/nothing-here"), 404)
    problem(client_of(person()).get("/api/v1/users/not-a-uuid"), 404)


@pytest.mark.parametrize(
    ("query", "field"),
    [("unknown=1", "unknown"), ("known=1&known=2", "known"), ("known=1&x%00y=2", "x\x00y")],
)
def test_a_parameter_that_is_unknown_or_doubled_is_named(query: str, field: str) -> None:
    response = client_of(person("Mia", Role.MEMBER)).get(f"/api/v1/said?{query}")
    assert problem(response, 400)["errors"][0]["field"] == field


def test_a_parameter_with_nul_is_a_bad_request() -> None:
    problem(client_of(person("Mia", Role.MEMBER)).get("/api/v1/said?known=a%00b"), 400)


def test_a_defect_tells_nothing_of_itself() -> None:
    client = client_of(person())
    client.raise_request_exception = False
    told = problem(client.get("/api/v1/broken"), 500)
    assert "hunter2" not in json.dumps(told)
    page = client.get("/broken")
    assert page.status_code == 500
    assert b"hunter2" not in page.content
    assert page["X-Request-ID"]


def test_a_page_sends_whoever_is_not_signed_in_to_do_so_and_back() -> None:
    response = Client().get("/page?tab=2")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=%2Fpage%3Ftab%3D2"


def test_htmx_is_sent_to_sign_in_and_back_to_the_page_that_asked() -> None:
    response = Client().get(
        "/page",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/inbox?tab=2"},
    )
    assert response.status_code == 200
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Finbox%3Ftab%3D2"


def test_a_page_may_ask_for_more_to_change_than_to_look() -> None:
    mia, sam = client_of(person("Mia", Role.MEMBER)), client_of(person("Sam", Role.STEWARD))
    assert mia.get("/page").status_code == 200
    assert mia.post("/page").status_code == 403
    assert sam.post("/page").content == b"POST"
    assert client_of(person()).get("/page").status_code == 403


def test_a_problem_on_a_page_is_a_page_with_the_request_id_and_nothing_unescaped() -> None:
    response = client_of(person()).get("/conflicting")
    text = response.content.decode()
    assert response.status_code == 409
    assert response["X-Request-ID"] in text
    assert "&lt;b&gt;Olga" in text
    assert "is no longer current" in text


def test_a_problem_for_htmx_is_announced_and_leaves_the_page_as_it_was() -> None:
    response = client_of(person()).get("/conflicting", headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert json.loads(response["HX-Trigger"])["announce"]["text"].startswith("It was decided")
    assert response["HX-Reswap"] == "none"


def test_a_redirect_works_for_browsers_and_for_htmx() -> None:
    client = client_of(person())
    assert client.get("/leaving")["Location"] == "/inbox"
    assert client.get("/leaving", headers={"HX-Request": "true"})["HX-Redirect"] == "/inbox"


def test_a_form_from_elsewhere_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("Sam", Role.STEWARD))
    response = client.post("/page")
    assert response.status_code == 403
    assert "came from elsewhere" in response.content.decode()


def test_the_api_with_a_browsers_session_is_refused_without_its_csrf_token() -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(person("Sam", Role.STEWARD))
    problem(client.post("/api/v1/said", {"words": "x"}), 403)
    assert client.get("/api/v1/said").status_code == 200


def test_a_token_needs_no_csrf_token_and_its_scopes_are_its_limits() -> None:
    sam = person("Sam", Role.STEWARD)
    narrow = token_for(sam, "catalog.classify")
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {narrow}")
    assert client.post("/api/v1/said", {"words": "x"}).status_code == 201
    problem(client.get("/api/v1/said"), 403)
