"""Lending a seat in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.approvals import services
from apps.identity.permissions import Role
from tests.approvals.conftest import Ledger, ask, stage
from tests.pages import CheckPage, SignIn, TakePicture
from tests.people import domain, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_reviewer_lends_the_seat_and_sees_what_that_does(
    ledger: Ledger, page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    elena, jonas = person("Elena Varga", Role.OWNER), person("Jonas Weber", Role.OWNER)
    maya, priya = person("Maya Okafor", Role.STEWARD), person("Priya Raman", Role.MEMBER)
    now, sales = timezone.now(), domain("sales")
    soon = now + timedelta(days=3)
    for title in (
        "Priya Raman wants to read sales.orders",
        "Priya Raman wants to read sales.items",
    ):
        ask(priya, stage(elena), deadline=soon, title=title, domain=sales)
    services.delegate(
        giver=maya,
        taker=elena,
        valid_from=now,
        until=now + timedelta(days=5),
        reason="Parental leave",
        at=now,
        actor=maya,
    )
    sign_in(page, elena)
    page.goto("/inbox")
    page.get_by_role("link", name="Stand-ins").click()
    expect(page.get_by_text("Nobody answers in your place")).to_be_visible()
    axe(page)
    page.get_by_label("Who answers in your place").select_option(
        label=f"Jonas Weber · {jonas.email}"
    )
    page.get_by_label("In which domain").select_option("sales")
    expect(page.get_by_text("Everything in Sales")).to_be_visible()
    expect(page.get_by_text("2 that wait now they could answer")).to_be_visible()
    page.get_by_label("Why").fill("Holiday")
    page.get_by_role("button", name="Lend my seat").click()
    expect(page.get_by_text("Jonas Weber answers in your place")).to_be_visible()
    screenshot(page, "delegations")
    axe(page)
    page.get_by_role("button", name="Take your seat back from Jonas Weber").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
