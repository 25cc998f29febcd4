"""The pages of policies in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages import CheckPage, SignIn, TakePicture
from tests.policies.conftest import (
    EMAILS,
    EVERYONE,
    IN_OWN_REGION,
    ORDERS,
    REDACT,
    Company,
    request_terms,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_steward_reads_policies_and_proposes_to_retire_one(
    company: Company, page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    company.enact("ask", "request", request_terms(), name="Ask for anything classified")
    company.enact(
        "own-region",
        "grant",
        {"subjects": EVERYONE, "resource": ORDERS, "filter": IN_OWN_REGION},
        name="One's own region",
    )
    company.enact(
        "mask-email",
        "mask",
        {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT},
        name="E-mail is hidden",
        tier="guardrail",
    )
    sign_in(page, company.steward)
    page.goto("/policies")
    expect(page.get_by_role("row")).to_have_count(4)
    screenshot(page, "policies")
    axe(page)
    page.get_by_role("link", name="One's own region").click()
    expect(page.get_by_text("anna may read every column of sales.orders")).to_be_visible()
    screenshot(page, "policy")
    axe(page)
    page.get_by_role("button", name="Retire").click()
    page.get_by_label("Why").fill("Nobody uses it.")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Its retirement is proposed")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Its retirement is proposed")).to_be_hidden()
    page.goto("/policies/ask")
    axe(page)
