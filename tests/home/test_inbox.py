"""The inbox in a real browser: open, weigh, approve."""

import pytest
from playwright.sync_api import Page, expect

from apps.access.models import Grant, Purpose
from tests.home.conftest import ask
from tests.pages import CheckPage, SignIn, TakePicture
from tests.policies.conftest import Company

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_an_owner_weighs_a_request_and_approves_it_for_a_shorter_time(
    asking: Company,
    purpose: Purpose,
    page: Page,
    sign_in: SignIn,
    axe: CheckPage,
    screenshot: TakePicture,
) -> None:
    asked = ask(asking, purpose)
    assert asking.orders.owner is not None
    sign_in(page, asking.orders.owner)
    page.goto("/inbox")
    axe(page)
    page.goto(f"/inbox/{asked.approval}")
    expect(page.get_by_text("reads 2 columns of")).to_be_visible()
    screenshot(page, "inbox")
    axe(page)
    page.get_by_role("link", name="30 d").click()
    page.get_by_role("button", name="Approve, 30 days").click()
    expect(page.get_by_text("Nothing needs you")).to_be_visible()
    assert Grant.objects.count() == 1
    screenshot(page, "inbox-empty")
    axe(page)
