"""What stands above the inbox and in the sidebar when the audit book does not hold."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.audit.models import Verification
from apps.findings.services import measure_book
from apps.identity.permissions import Role
from tests.pages import CheckPage, SignIn, TakePicture
from tests.people import TESTS, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_book_that_does_not_hold_cannot_be_overlooked(
    page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    at = timezone.now()
    reason = "Its hash does not follow from the entry and the one before."
    Verification.objects.create(at=at, first=1, last=62, upto=at, broken=63, reason=reason)
    measure_book(at=at, actor=TESTS)
    sign_in(page, person("Audrey", Role.AUDITOR))
    page.goto("/inbox")
    expect(page.get_by_role("alert")).to_contain_text("The audit book does not hold at #63")
    expect(page.get_by_role("link", name="The book does not hold")).to_be_visible()
    screenshot(page, "inbox-critical")
    axe(page)
    page.get_by_role("link", name="What to do").click()
    expect(page.get_by_text("Treat it as an attack until it is explained.")).to_be_visible()
    axe(page)
