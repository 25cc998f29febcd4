"""The pages of connections in a real browser, over a live warehouse."""

import pytest
from playwright.sync_api import Page, expect

from apps.enforcement.models import Enforcement, Sync
from apps.identity.permissions import Role
from apps.semantics.masks import REDACT
from tests.connectors.postgresql.estate import EU
from tests.enforcement.live import Warehouse, open_warehouse
from tests.pages import CheckPage, SignIn, TakePicture
from tests.people import person
from tests.servers import WarehouseDatabase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def house(
    warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch, live_server: object
) -> Warehouse:
    """A warehouse in which two people read, and somebody meddled."""
    house = open_warehouse(warehouse_db, monkeypatch)
    house.grant(1, "alice", ["id", "region"], EU)
    house.reconcile()
    house.estate.sql("ALTER TABLE sales.orders DISABLE ROW LEVEL SECURITY")
    house.grant(2, "bob", ["id", "email"], masks={"email": REDACT})
    house.reconcile()
    return house


def test_an_operator_looks_at_a_connection_tries_it_and_compares_it(
    house: Warehouse, page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    sign_in(page, person("Olga Brandt", Role.OPERATOR))
    page.goto("/connections")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 connection")
    screenshot(page, "connections")
    axe(page)
    page.get_by_role("link", name="Warehouse", exact=True).click()
    expect(page.get_by_text("put right", exact=True)).to_be_visible()
    page.get_by_role("button", name="Test now").click()
    expect(page.get_by_text("It answered.")).to_be_visible()
    expect(page.get_by_text("As tested")).to_be_visible()
    screenshot(page, "connection")
    axe(page)
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_text("It is being compared")).to_be_visible()
    page.get_by_role("region", name="Passes").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Applied")
    axe(page)


def test_a_held_pass_is_looked_at_and_released(
    house: Warehouse, page: Page, sign_in: SignIn, axe: CheckPage
) -> None:
    state = Enforcement.objects.get()
    sync = Sync.objects.filter(outcome="applied").first()
    assert sync is not None
    Enforcement.objects.filter(pk=state.pk).update(
        held=True,
        held_at=sync.started_at,
        held_digest="0" * 64,
        held_plan=[{**sync.plan[0], "verb": "remove", "after": None}],
    )
    sign_in(page, person("Olga Brandt", Role.OPERATOR))
    page.goto("/connections")
    expect(page.get_by_role("alert")).to_contain_text("waits for release")
    axe(page)
    page.get_by_role("link", name="See what it removes").click()
    page.get_by_role("button", name="Release…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 document is removed")
    axe(page)
    dialog.get_by_role("button", name="Release").click()
    expect(page.get_by_text("Released.")).to_be_visible()
    state.refresh_from_db()
    assert state.released
