"""What a test needs to open a page in a real browser: the page, a sign-in, axe and pictures."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests import browser as browsers

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = (1440, 900), (390, 844)
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "screenshots"

SignIn = Callable[[Page, AbstractBaseUser], None]
CheckPage = Callable[[Page], None]
TakePicture = Callable[[Page, str], None]


def takes_pictures() -> bool:
    """Tell whether the pictures of the documentation are taken anew (SENESCHAL_SCREENSHOTS=1)."""
    return os.environ.get("SENESCHAL_SCREENSHOTS") == "1"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one the tests fail in CI and are skipped elsewhere."""
    found = browsers.find()
    if found is None:
        if browsers.required():
            pytest.fail(browsers.NONE_FOUND)
        pytest.skip(browsers.NONE_FOUND)
    with _unseen_by_django(), sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def console_errors() -> list[str]:
    """What the browser complained of; a test that provokes a complaint takes it out again."""
    return []


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, console_errors: list[str]) -> Iterator[Page]:
    """A page on the running product; the test fails when the console shows an error.

    `page.goto("/path")` opens a path of the product. A violation of the content security policy
    is an error of the console; a refused request (4xx) is not.
    """
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": DESKTOP[0], "height": DESKTOP[1]},
        device_scale_factor=1.5 if takes_pictures() else 1,
        reduced_motion="reduce",
        color_scheme="light",
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    context.set_default_timeout(10_000)

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            console_errors.append(message.text)

    opened = context.new_page()
    opened.on("console", heard)
    opened.on("pageerror", lambda error: console_errors.append(str(error)))
    yield opened
    context.close()
    assert not console_errors, "\n".join(console_errors)


@pytest.fixture
def sign_in(live_server: LiveServer) -> SignIn:
    """`sign_in(page, user)`: the page's next requests are this person's."""

    def sign_in(page: Page, user: AbstractBaseUser) -> None:
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])  # type: ignore[list-item]

    return sign_in


@pytest.fixture
def axe() -> CheckPage:
    """`axe(page)`: axe finds nothing in light and in dark, and a phone needs no sideways scroll."""

    def check(page: Page) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = Axe().run(page)
            assert found.violations_count == 0, f"{scheme}:\n{found.generate_report()}"
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        assert_fits_a_phone(page)

    return check


@pytest.fixture
def screenshot() -> TakePicture:
    """`screenshot(page, name)`: docs/screenshots/<name>-{light,dark,phone}.png, when asked for."""

    def take(page: Page, name: str) -> None:
        if not takes_pictures():
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=PICTURES / f"{name}-{scheme}.png", animations="disabled")
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        _resize(page, PHONE)
        page.screenshot(path=PICTURES / f"{name}-phone.png", animations="disabled")
        _resize(page, DESKTOP)

    return take


@contextlib.contextmanager
def _unseen_by_django() -> Iterator[None]:
    """Let a thread keep its database connections though Playwright's event loop runs in it.

    Django would take the thread for an async one: refuse queries, and open second connections
    that know nothing of the test's transaction.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    by_task: Any = connections._connections  # type: ignore[attr-defined]
    connections._connections = by_task._storage  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connections._connections = by_task  # type: ignore[attr-defined]
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def assert_fits_a_phone(page: Page) -> None:
    """At 390 px the page itself never scrolls sideways."""
    _resize(page, PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    _resize(page, DESKTOP)
    assert width <= PHONE[0], f"the page is {width} px wide on a phone of {PHONE[0]}"


def _resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
