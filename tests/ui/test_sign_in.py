"""Signing in and out in a real browser, with a password and with a second factor."""

import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from apps.core.actors import SystemActor
from apps.identity import services
from apps.identity.models import User
from tests.pages import CheckPage, SignIn, TakePicture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PASSWORD = "a-long-enough-password"
ADMIN = SystemActor("tests.ui")


@pytest.fixture
def elena(settings: Settings) -> User:
    """A person with a password; the style guide is the page they land on."""
    settings.STYLE_GUIDE = True
    settings.LOGIN_REDIRECT_URL = "/style-guide"
    return services.create_user(
        email="elena@example.org",
        name="Elena Varga",
        title="Data steward",
        password=PASSWORD,
        actor=ADMIN,
    )


def fill(page: Page, email: str, password: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_signs_in_sees_who_they_are_and_signs_out(
    page: Page, elena: User, axe: CheckPage, screenshot: TakePicture
) -> None:
    page.goto("/accounts/login/")
    screenshot(page, "sign-in")
    axe(page)
    fill(page, elena.email, PASSWORD)
    page.wait_for_url("**/style-guide")
    page.get_by_text("Elena Varga", exact=True).click()
    expect(page.get_by_text(elena.email)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_said_beside_the_form(page: Page, elena: User, axe: CheckPage) -> None:
    page.goto("/accounts/login/")
    fill(page, elena.email, "not the password")
    expect(page.get_by_role("alert")).to_be_visible()
    axe(page)


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/accounts/logout/", "Sign out?"),
        ("/accounts/reauthenticate/", "Confirm it is you"),
        ("/accounts/password/change/", "Change password"),
        ("/accounts/2fa/", "Two-Factor Authentication"),
        ("/nowhere", "Not found"),
    ],
)
def test_every_page_about_the_account_has_the_same_look(
    page: Page, elena: User, sign_in: SignIn, axe: CheckPage, path: str, heading: str
) -> None:
    sign_in(page, elena)
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    axe(page)


def test_a_second_factor_is_set_up_and_then_asked_for(
    page: Page, elena: User, axe: CheckPage
) -> None:
    page.goto("/accounts/login/")
    fill(page, elena.email, PASSWORD)
    page.wait_for_url("**/style-guide")
    page.goto("/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    axe(page)
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Activate").click()
    page.wait_for_url("**/recovery-codes/**")
    axe(page)

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    fill(page, elena.email, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    axe(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Incorrect code")).to_be_visible()


def code(secret: str) -> str:
    """The six digits that an authenticator app would show now."""
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30)))
