"""The pages of policies say in sentences what stands, what it makes and what is proposed."""

import pytest
from django.test import Client

from apps.catalog.models import System
from apps.identity.models import User
from apps.policies.models import Policy, PolicyVersion
from apps.policies.services import propose_retirement
from tests import people
from tests.policies.conftest import (
    AT,
    EMAILS,
    EVERYONE,
    IN_OWN_REGION,
    ORDERS,
    REDACT,
    Company,
    request_terms,
)

MASK = {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT}


def client_of(user: User) -> Client:
    """A browser in which this person is signed in."""
    browser = Client()
    browser.force_login(people.fresh(user))
    return browser


@pytest.fixture
def client(company: Company) -> Client:
    """The steward's browser."""
    return client_of(company.steward)


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_list_shows_each_policy_with_its_sentence(client: Client, company: Company) -> None:
    company.enact("mask-email", "mask", MASK)
    company.propose("ask", "request", request_terms())
    shown = text(client, "/policies")
    assert "For everyone columns that are tagged pii.email are replaced by ***." in shown
    assert 'href="/policies/mask-email"' in shown
    assert 'href="/policies/ask"' not in shown
    proposed = text(client, "/policies?state=draft")
    assert "Everyone may ask for columns that are at least public, for any purpose" in proposed
    assert "No policies match these filters" in text(client, "/policies?q=nothing")
    assert 'href="/policies/mask-email"' in text(client, "/policies?kind=mask&q=mask")


def test_an_empty_list_says_what_that_means(client: Client) -> None:
    assert "Without a policy nobody may read anything" in text(client, "/policies")


def test_a_policy_is_shown_with_its_rules_and_versions(client: Client, company: Company) -> None:
    definition = {"subjects": EVERYONE, "resource": ORDERS, "filter": IN_OWN_REGION}
    company.enact("own-region", "grant", definition, name="Own <region>")
    shown = text(client, "/policies/own-region")
    assert "Own &lt;region&gt;" in shown
    assert "where region is the person&#x27;s own region" in shown
    assert "anna may read every column of sales.orders where region is &#x27;EU&#x27;." in shown
    assert "2 rules" in shown
    assert "pending" in shown
    assert "Needed." in shown


def test_a_proposal_is_shown_with_the_rules_it_would_make(client: Client, company: Company) -> None:
    company.propose("mask-email", "mask", MASK)
    shown = text(client, "/policies/mask-email")
    assert "Version 1 is proposed" in shown
    assert "The rules it would make" in shown
    assert "For everyone, email of sales.orders is replaced by ***." in shown
    assert "Take it back" in shown
    other = text(client_of(company.other_steward), "/policies/mask-email")
    assert "Take it back" not in other


def test_a_system_in_which_nothing_can_be_enforced_is_said_to_be_one(
    client: Client, company: Company
) -> None:
    company.enact("mask-email", "mask", MASK)
    System.objects.update(secrets={})
    assert "Not enforced there" in text(client, "/policies/mask-email")


def test_retiring_is_proposed_and_taken_back_on_the_page(client: Client, company: Company) -> None:
    policy = company.enact("mask-email", "mask", MASK)
    form = {"version": policy.version, "reason": "No longer."}
    answer = client.post("/policies/mask-email/retire", form)
    assert (answer.status_code, answer["Location"]) == (302, "/policies/mask-email")
    assert "Its retirement is proposed" in text(client, "/policies/mask-email")
    client.post("/policies/mask-email/withdraw")
    assert policy.versions.first().state == PolicyVersion.State.REFUSED  # type: ignore[union-attr]
    assert client.post("/policies/mask-email/withdraw").status_code == 409
    assert client.post("/policies/mask-email/retire", {"version": "x"}).status_code == 400
    assert client.post("/policies/mask-email/retire", form | {"reason": ""}).status_code == 400


def test_a_retired_policy_keeps_its_page(client: Client, company: Company) -> None:
    policy = company.enact("mask-email", "mask", MASK)
    company.decide(
        propose_retirement(
            policy=policy, reason="r", version=policy.version, at=AT, actor=company.steward
        )
    )
    assert "Retired" in text(client, "/policies/mask-email")
    assert 'href="/policies/mask-email"' in text(client, "/policies?state=retired")
    assert Policy.objects.get().state == Policy.State.RETIRED


def test_a_member_sees_no_policies_and_a_stranger_none_of_another_domain(
    company: Company,
) -> None:
    company.enact("ask", "request", request_terms(), domain=people.domain("finance"))
    assert client_of(company.anna).get("/policies").status_code == 403
    local = client_of(people.person("Lea", "steward", domain=company.sales))
    assert local.get("/policies/ask").status_code == 404
    assert 'href="/policies/ask"' not in text(local, "/policies")
