"""Policies at the REST door: what goes in, what comes out, and what is answered to mistakes."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.policies.models import Policy, PolicyVersion
from tests import people
from tests.people import client_of
from tests.policies.conftest import EMAILS, EVERYONE, REDACT, Company, request_terms

MASK: dict[str, Any] = {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT}
NEW: dict[str, Any] = {
    "key": "mask-email",
    "name": "Mask e-mail",
    "kind": "mask",
    "definition": MASK,
    "reason": "Personal data.",
}
POLICIES = "/api/v1/policies"


@pytest.fixture
def client(company: Company) -> APIClient:
    """The steward's client."""
    return client_of(company.steward)


def send(client: APIClient, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(path, body, format="json", headers=headers or None)


def test_a_policy_is_proposed_read_and_followed(client: APIClient, company: Company) -> None:
    made = send(client, POLICIES, NEW)
    assert made.status_code == 201, made.content
    assert (made.json()["number"], made.json()["state"]) == (1, "proposed")
    (listed,) = client.get(POLICIES, {"state": "draft"}).json()["results"]
    assert listed["says"] == ["For everyone columns that are tagged pii.email are replaced by ***."]
    one = f"{POLICIES}/{listed['uuid']}"
    (rules,) = client.get(f"{one}/rules").json()
    assert rules["rules"][0]["sentence"] == (
        "For everyone, email of sales.orders is replaced by ***."
    )
    company.decide(PolicyVersion.objects.get())
    assert client.get(one).json()["state"] == "active"
    (version,) = client.get(f"{one}/versions").json()
    assert (version["state"], version["proposed_by"]) == ("active", company.steward.email)


def test_the_same_key_gives_the_same_answer_and_one_policy(client: APIClient) -> None:
    first = send(client, POLICIES, NEW, **{"Idempotency-Key": "one"})
    again = send(client, POLICIES, NEW, **{"Idempotency-Key": "one"})
    assert (first.status_code, again.json()) == (201, first.json())
    assert Policy.objects.count() == 1
    assert send(client, POLICIES, NEW).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"definition": {}}, "definition.resource"),
        ({"definition": None}, "definition"),
        ({"definition": MASK | {"mask": {"function": "blur"}}}, "definition.mask.function"),
        ({"kind": "sod"}, "kind"),
        ({"tier": "exception"}, "until"),
        ({"domain": "nowhere"}, "domain"),
        ({"until": "tomorrow"}, "until"),
        ({"key": "no spaces"}, "key"),
        ({"reason": " "}, "reason"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_mistake_is_answered_with_the_field(
    client: APIClient, change: dict[str, Any], field: str
) -> None:
    answer = send(client, POLICIES, NEW | change)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert not Policy.objects.exists()


def test_what_cannot_be_enforced_is_answered_with_the_reason(client: APIClient) -> None:
    numbers = {"datasets": [{"dataset": "warehouse/sales.orders", "columns": ["id"]}]}
    answer = send(client, POLICIES, NEW | {"definition": MASK | {"resource": numbers}})
    assert answer.status_code == 422
    assert "the column is integer" in answer.json()["detail"]


def test_a_change_names_the_version_that_was_seen(client: APIClient, company: Company) -> None:
    policy = company.enact("mask-email", "mask", MASK)
    one = f"{POLICIES}/{policy.uuid}"
    revised = {name: value for name, value in NEW.items() if name != "key"}
    for path, body in ((f"{one}/revise", revised), (f"{one}/retire", {"reason": "r"})):
        assert send(client, path, body).status_code == 428
        assert send(client, path, body, **{"If-Match": '"v99"'}).status_code == 412
    etag = client.get(one)["ETag"]
    assert send(client, f"{one}/revise", revised, **{"If-Match": etag}).status_code == 201
    waiting = send(client, f"{one}/retire", {"reason": "r"}, **{"If-Match": etag})
    assert waiting.status_code == 409
    assert send(client, f"{one}/withdraw-proposal", {}).json()["state"] == "refused"
    assert send(client, f"{one}/withdraw-proposal", {}).status_code == 409
    retired = send(client, f"{one}/retire", {"reason": "r"}, **{"If-Match": etag})
    assert (retired.status_code, retired.json()["change"]) == (201, "retire")


def test_who_may_only_read_cannot_propose_and_a_member_does_neither(company: Company) -> None:
    auditor = client_of(people.person("Aud", "auditor"))
    assert auditor.get(POLICIES).status_code == 200
    assert send(auditor, POLICIES, NEW).status_code == 403
    assert client_of(company.anna).get(POLICIES).status_code == 403


def test_policies_of_other_domains_are_not_there(company: Company) -> None:
    finance = people.domain("finance")
    policy = company.enact("ask", "request", request_terms(), domain=finance)
    general = company.enact("ask-all", "request", request_terms())
    local = client_of(people.person("Lea", "steward", domain=company.sales))
    listed = [row["key"] for row in local.get(POLICIES).json()["results"]]
    assert listed == [general.key]
    assert local.get(f"{POLICIES}/{policy.uuid}").status_code == 404
    retire = f"{POLICIES}/{general.uuid}/retire"
    answer = send(local, retire, {"reason": "r"}, **{"If-Match": f'"v{general.version}"'})
    assert answer.status_code == 403
