"""The inbox in a real browser: open, weigh, narrow, approve."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access.models import Grant, Purpose
from tests.access.test_services import answer
from tests.home.conftest import ask
from tests.home.test_reach import House, house
from tests.pages import CheckPage, SignIn, TakePicture
from tests.policies.conftest import Company

__all__ = ["house"]

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
    page.get_by_text("30 d", exact=True).click()
    page.get_by_role("button", name="Approve, 30 days").click()
    expect(page.get_by_text("Nothing needs you")).to_be_visible()
    assert Grant.objects.count() == 1
    screenshot(page, "inbox-empty")
    axe(page)


def test_an_owner_narrows_by_keyboard_and_sees_what_it_would_do(
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
    page.goto(f"/inbox/{asked.approval}")
    note = page.get_by_role("textbox", name="Note")
    note.fill("The number is enough.")
    email = page.get_by_role("checkbox", name="email")
    email.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("reads 1 column of")).to_be_visible()
    expect(email).to_be_focused()
    expect(note).to_have_value("The number is enough.")
    shown = page.get_by_role("combobox", name="How id is shown")
    shown.select_option("rounded down to a multiple of 100")
    expect(page.locator(".s-plan").get_by_text("is rounded down to a multiple")).to_be_visible()
    screenshot(page, "inbox-narrow")
    axe(page)
    page.get_by_role("checkbox", name="id", exact=True).uncheck()
    expect(page.get_by_text("At least one column must remain").first).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    axe(page)
    page.get_by_role("checkbox", name="id", exact=True).check()
    page.get_by_role("button", name="Approve narrowed, 60 days").click()
    expect(page.get_by_text("Nothing needs you")).to_be_visible()
    assert Grant.objects.get().columns == ["id"]


def test_what_is_beside_and_the_sql_to_be_run_stand_in_the_decision(
    house: House, page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    asked = house.ask()
    sign_in(page, house.owner)
    page.goto(f"/inbox/{asked.approval}")
    page.get_by_role("checkbox", name="region").uncheck()
    expect(page.get_by_text("Alice reads 1 column of")).to_be_visible()
    page.get_by_role("combobox", name="How id is shown").select_option(index=2)
    expect(page.get_by_text("is rounded down to a multiple of 100").first).to_be_visible()
    page.locator("summary", has_text="sales.orders").click()
    expect(page.get_by_text("CREATE VIEW").first).to_be_visible()
    page.get_by_text("What else reaches these rows").scroll_into_view_if_needed()
    page.get_by_text("Roles that rules do not hold back").scroll_into_view_if_needed()
    screenshot(page, "inbox-beside")
    axe(page)


def test_what_was_decided_says_by_whom_and_what_was_taken_away(
    asking: Company,
    purpose: Purpose,
    page: Page,
    sign_in: SignIn,
    axe: CheckPage,
    screenshot: TakePicture,
) -> None:
    asked = ask(asking, purpose)
    uuid = str(asking.orders.uuid)
    assert asking.orders.owner is not None
    answer(
        asked,
        asking.orders.owner,
        terms={"items": {uuid: {"columns": ["id"], "masks": {"id": {"function": "null"}}}}},
        at=timezone.now(),
    )
    sign_in(page, asking.anna)
    page.goto("/inbox?tab=waiting")
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Decided").click()
    page.get_by_role("link", name="Anna", exact=True).click()
    expect(page.get_by_text("Olga Owner approved it at")).to_be_visible()
    expect(page.get_by_text("email of sales.orders is not given.")).to_be_visible()
    expect(page.get_by_text("“because”")).to_be_visible()
    screenshot(page, "inbox-decided")
    axe(page)
