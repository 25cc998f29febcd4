"""The story clicked through: asked, weighed, approved, proven, ended, proven gone.

The product is started from nothing as `make run` starts it, workers and all; people sign in with
their passwords in a real browser, and beside the pages the requester's own login asks PostgreSQL.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from controlplane.settings.model import PROJECT
from examples.company import people, warehouse

OURS = ("SENESCHAL_", "DJANGO_", "DATABASE_", "REDIS_", "PYTEST_")
"""What the test run set for itself, and a newcomer would not have."""
READY, EFFECTIVE = 180.0, 60_000
"""Seconds in which the product must be up; milliseconds in which the system follows a decision."""
HOLD = (
    "import os, pathlib, sys, time;"
    "place = pathlib.Path(sys.argv[1]);"
    "place.with_suffix('.new').write_text(os.environ['SENESCHAL_URL'] + chr(10)"
    " + os.environ['SENESCHAL_DATA']);"
    "place.with_suffix('.new').rename(place);"
    "time.sleep(900)"
)
"""The command that the product runs for: it says where the product is, and waits."""
NOT_SEEN = (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)
"""What PostgreSQL may say to somebody who may not see, or for whom there is nothing."""


@dataclass(frozen=True)
class Product:
    """The running product, and the requester's own way into the warehouse."""

    url: str
    login: str

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What PostgreSQL answers to the requester's own login."""
        with psycopg.connect(self.login) as connection:
            return connection.execute(statement.encode()).fetchall()

    def refuses(self, statement: str) -> bool:
        """Whether PostgreSQL refuses this to the requester's own login."""
        try:
            self.rows(statement)
        except NOT_SEEN:
            return True
        return False


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A loaded machine takes longer than the five seconds that Playwright waits by itself."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """The product with its demo company, started from nothing and stopped whole."""
    place = tmp_path / "where"
    command = [sys.executable, "-m", "controlplane.run", "--temporary", "--"]
    told = (tmp_path / "told").open("w")
    running = subprocess.Popen(
        [*command, sys.executable, "-c", HOLD, str(place)],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if not name.startswith(OURS)},
        stdout=told,
        stderr=subprocess.STDOUT,
    )
    try:
        yield _found(place, running, tmp_path / "told")
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=60)
        told.close()


def _found(place: Path, running: subprocess.Popen[bytes], told: Path) -> Product:
    deadline = time.monotonic() + READY
    while not place.exists():
        assert running.poll() is None, told.read_text()[-3000:]
        assert time.monotonic() < deadline, told.read_text()[-3000:]
        time.sleep(0.3)
    url, data = place.read_text().split("\n")
    published = json.loads((Path(data) / "connections.json").read_text())
    address = conninfo_to_dict(published["warehouse_url"])
    login = make_conninfo(
        host=str(address["host"]),
        port=str(address["port"]),
        dbname=warehouse.DATABASE,
        user="rafael",
        password=warehouse.PASSWORD,
    )
    return Product(url, login)


def signed_in(browser: Browser, product: Product, who: str) -> Page:
    """A browser of their own in which this person has signed in with their password."""
    context = browser.new_context(base_url=product.url, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(f"{who}@{people.DOMAIN}")
    page.get_by_label("Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Inbox", level=1)).to_be_visible()
    return page


def shown_until(page: Page, words: str) -> None:
    """Look at the page again and again until it says so."""
    deadline = time.monotonic() + EFFECTIVE / 1000
    while page.get_by_text(words).count() == 0:
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        page.wait_for_timeout(700)
        page.reload()


@pytest.mark.heavy
@pytest.mark.browser
def test_the_story_is_clicked_through_and_postgresql_agrees(
    product: Product, browser: Browser
) -> None:
    raw = "SELECT email FROM sales.customers LIMIT 1"
    governed = "SELECT id, full_name, email, region FROM customers ORDER BY id"
    assert product.refuses(raw), "nothing is decided yet"
    assert product.refuses(governed)

    rafael = signed_in(browser, product, "rafael")
    rafael.goto("/ask")
    rafael.get_by_role("searchbox", name="Find a table to add").fill("customers")
    rafael.get_by_role("button", name="Add sales.customers").click()
    rafael.get_by_role("button", name="None", exact=True).click()
    for column in ("id", "full_name", "email", "region"):
        rafael.locator(f"input[value={column}][type=checkbox]").check(force=True)
    rafael.get_by_text("Churn analysis").click()
    rafael.get_by_label("In your words").fill("Which customers of the EU are about to leave us?")
    rafael.get_by_label("Ticket").fill("CRM-884")
    rafael.get_by_label("Which column limits the rows").select_option("region")
    rafael.get_by_label("With what").fill("EU")
    rafael.get_by_label("With what").blur()
    outlook = rafael.get_by_role("complementary", name="What will happen")
    expect(outlook).to_contain_text("Elena Varga")
    expect(outlook).to_contain_text("email is cut to its first character and ***")
    expect(outlook).to_contain_text("Only rows where region is 'EU'")
    rafael.get_by_role("button", name="Ask for 30 days").click()
    expect(rafael.get_by_text("It waits for Elena Varga")).to_be_visible()
    asked = rafael.url
    assert product.refuses(governed), "asking gives nothing"

    elena = signed_in(browser, product, "elena")
    elena.goto("/inbox")
    elena.get_by_role("link", name="Rafael Costa").click()
    expect(elena.get_by_text("Rafael Costa reads 4 columns of")).to_be_visible()
    expect(elena.get_by_text("CRM-884")).to_be_visible()
    elena.get_by_role("button", name="Show live rows").click()
    expect(elena.get_by_text(re.compile(r"of [\d,]+ rows are visible"))).to_be_visible()
    elena.get_by_role("button", name="Approve, 30 days").click()
    elena.get_by_role("status").get_by_role("link", name=re.compile("^G-")).click()
    expect(elena.get_by_role("heading", level=1)).to_contain_text("Rafael Costa may read")

    rafael.goto(asked)
    rafael.get_by_role("region", name="Grants").get_by_role("link", name=re.compile("^G-")).click()
    shown_until(rafael, "Proven")
    expect(rafael.get_by_text(re.compile(r"(\d+) of \1 as expected"))).to_be_visible()
    grant = rafael.url

    rows = product.rows(governed)
    counted = re.compile(rf"^Rows of gov.customers {len(rows)} of ")
    expect(rafael.get_by_role("row", name=counted)).to_be_visible()
    assert {row[3] for row in rows} == {"EU"}
    assert all(row[2].endswith("***") and "@" not in row[2] for row in rows)
    assert product.refuses(raw)
    expect(rafael.get_by_text("permission denied").first).to_be_visible()
    rafael.get_by_role("button", name="Ask now").click()
    expect(rafael.locator("#live")).to_contain_text("was asked as rafael")
    expect(rafael.get_by_text(re.compile(r"(\d+) of \1 as expected"))).to_be_visible()

    rafael.get_by_role("button", name="End now").first.click()
    rafael.get_by_role("dialog").get_by_role("button", name="End now").click()
    shown_until(rafael, "Proven gone")
    assert rafael.url == grant
    assert product.refuses(governed), "the page says that it is gone"
    assert product.refuses("SELECT email FROM gov.customers LIMIT 1")
    assert product.refuses(raw)
    expect(rafael.get_by_text("permission denied").first).to_be_visible()

    elena.goto(f"{product.url}/data")
    elena.goto(grant)
    expect(elena.get_by_text("ended grant").first).to_be_visible()
