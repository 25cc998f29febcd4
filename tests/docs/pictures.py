"""Clicks through the demo company's story and takes the pictures of README and getting-started.

python -m controlplane.run --temporary -- .venv/bin/python -m tests.docs.pictures
"""

import json
import os
import re
import sys
from pathlib import Path

import psycopg
from playwright.sync_api import Browser, Page, expect, sync_playwright
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from examples.company.people import DOMAIN, PASSWORD
from examples.company.warehouse import DATABASE
from examples.company.warehouse import PASSWORD as LOGIN_PASSWORD
from tests import browser as browsers

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
WIDTH, HEIGHT = 1440, 900
COLUMNS = ("id", "full_name", "email", "iban", "region")
SLOW = 30_000


def main() -> int:
    """Tell the story once, taking pictures."""
    found = browsers.find()
    if found is None:
        raise SystemExit(browsers.NONE_FOUND)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        Story(browser, os.environ["SENESCHAL_URL"]).tell()
        browser.close()
    return 0


class Story:
    """The people of the story, each in a browser of their own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url

    def tell(self) -> None:
        """Ask, decide, prove, end, and what the auditor and the operator see of it."""
        rafael = self.signed_in("rafael")
        self.ask(rafael)
        self.decide(self.signed_in("elena"))
        self.prove(rafael)
        self.look("tomas", "/connections/warehouse", "story-connection", "Somebody must look")
        self.end(rafael)
        self.look("aiko", "/audit", "story-audit", "chain verified")

    def signed_in(self, who: str) -> Page:
        """A page as this person sees it."""
        context = self._browser.new_context(
            base_url=self._url,
            viewport={"width": WIDTH, "height": HEIGHT},
            device_scale_factor=1.5,
            locale="en-GB",
            timezone_id="Europe/Berlin",
        )
        context.set_default_timeout(SLOW)
        page = context.new_page()
        page.goto("/")
        page.fill("input[name=login]", f"{who}@{DOMAIN}")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(f"{self._url}/")
        return page

    def ask(self, page: Page) -> None:
        """Rafael asks for the customers of the EU."""
        page.goto("/ask")
        page.get_by_role("searchbox", name="Find a table to add").fill("customers")
        page.get_by_role("button", name="Add sales.customers").click()
        page.get_by_text("Churn analysis", exact=True).last.click()
        rail = page.get_by_role("complementary", name="What will happen")
        expect(rail).to_contain_text("Elena Varga")
        for box in page.locator("input[type=checkbox][name^=columns]").all():
            box.set_checked(box.get_attribute("value") in COLUMNS, force=True)
            page.wait_for_timeout(300)
        page.get_by_label("Which column limits the rows").select_option(label="only where region")
        page.get_by_label("With what").fill("EU")
        page.get_by_label("In your words").fill("Which customers of the EU are about to leave us?")
        page.get_by_label("Ticket").fill("CRM-884")
        page.get_by_text("7 d", exact=True).click()
        expect(rail).to_contain_text("5 of 13 columns")
        expect(rail).to_contain_text("region is 'EU'")
        expect(page.get_by_role("button", name="Ask for 7 days")).to_be_visible()
        picture(page, "story-ask")
        page.get_by_role("button", name="Ask for 7 days").click()
        page.wait_for_url("**/requests/*")

    def decide(self, page: Page) -> None:
        """Elena weighs what it would do, and approves."""
        page.locator("a.s-row__link").first.click()
        expect(page.get_by_text("Rafael Costa reads 5 columns")).to_be_visible()
        picture(page, "story-decide")
        page.get_by_role("button", name="Show live rows").click()
        expect(page.get_by_text(re.compile("8.?081 of 12.?000")).first).to_be_visible()
        page.get_by_text("What the requester will see").scroll_into_view_if_needed()
        picture(page, "story-rows")
        page.get_by_role("button", name="Approve, 7 days").click()
        expect(page.get_by_text("Approved. It is applied now").first).to_be_visible()

    def prove(self, page: Page) -> None:
        """The grant is proven, and the warehouse says the same to Rafael's own login."""
        page.goto("/grants")
        page.locator("main a[href^='/grants/']").first.click()
        _until(page, "as expected")
        picture(page, "story-proof")
        with psycopg.connect(rafaels_login()) as warehouse:
            rows = warehouse.execute("SELECT email, region FROM customers").fetchall()
        assert {(email[1:], region) for email, region in rows} == {("***", "EU")}

    def end(self, page: Page) -> None:
        """He ends it, and it is proven gone."""
        page.get_by_role("button", name="End now").first.click()
        page.locator("dialog[open]").get_by_role("button", name="End now").click()
        _until(page, "Proven gone")
        picture(page, "story-gone")

    def look(self, who: str, path: str, name: str, there: str) -> None:
        """What somebody sees of it all."""
        page = self.signed_in(who)
        page.goto(path)
        expect(page.get_by_text(there).first).to_be_visible()
        picture(page, name)


def picture(page: Page, name: str) -> None:
    """docs/screenshots/<name>-{light,dark}.png."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=PICTURES / f"{name}-{scheme}.png", animations="disabled")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def rafaels_login() -> str:
    """The address by which Rafael himself reaches the warehouse."""
    published = Path(os.environ["SENESCHAL_DATA"]) / "connections.json"
    address = conninfo_to_dict(json.loads(published.read_text())["warehouse_url"])
    return make_conninfo(
        host=str(address["host"]),
        port=str(address["port"]),
        dbname=DATABASE,
        user="rafael",
        password=LOGIN_PASSWORD,
    )


def _until(page: Page, text: str) -> None:
    """Look again until the page says so."""
    for _ in range(30):
        if text in page.inner_text("main"):
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise SystemExit(f"{page.url} did not come to say {text!r}.")


if __name__ == "__main__":
    sys.exit(main())
