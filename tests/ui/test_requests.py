"""What the shell does with the answers of the doors: swap, say, or leave the page as it was."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def doors(page: Page, settings: Settings) -> Page:
    """A page with a button for each kind of answer."""
    settings.ROOT_URLCONF = "tests.ui.urls"
    page.goto("/")
    return page


def test_an_answer_is_swapped_in_said_and_focused_with_the_csrf_token_sent(doors: Page) -> None:
    doors.get_by_role("button", name="Save").click()
    expect(doors.locator("#place")).to_have_text("after")
    expect(doors.locator(".s-toast")).to_have_text("Saved")
    expect(doors.locator("#place p")).to_be_focused()


def test_a_form_with_errors_is_swapped_in(doors: Page) -> None:
    doors.get_by_role("button", name="Refuse").click()
    expect(doors.locator("#place")).to_have_text("the reason is missing")
    expect(doors.locator(".s-toast")).to_have_count(0)


@pytest.mark.parametrize(
    ("button", "said"), [("Gone", "did not work"), ("Break", r"\([a-z0-9-]{8,}\)$")]
)
def test_a_failure_leaves_the_page_as_it_was_and_is_said_with_its_id(
    doors: Page, button: str, said: str
) -> None:
    doors.get_by_role("button", name=button).click()
    expect(doors.locator(".s-toast")).to_have_text(re.compile(said))
    expect(doors.locator("#live")).to_have_text(re.compile(said))
    expect(doors.locator("#place")).to_have_text("before")


def test_what_a_service_refused_is_said_in_its_words_and_nothing_is_swapped(doors: Page) -> None:
    doors.get_by_role("button", name="Rule out").click()
    expect(doors.locator(".s-toast")).to_have_text("Vault cannot mask columns.")
    expect(doors.locator("#place")).to_have_text("before")


def test_a_server_that_does_not_answer_is_said(doors: Page, console_errors: list[str]) -> None:
    doors.route("**/saved", lambda route: route.abort())
    doors.get_by_role("button", name="Save").click()
    expect(doors.locator(".s-toast")).to_contain_text("did not answer")
    expect(doors.locator("#place")).to_have_text("before")
    assert len(console_errors) == 1
    assert "Failed to fetch" in console_errors.pop()
