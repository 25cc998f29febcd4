"""The pages of the catalog in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.catalog import services
from apps.catalog.models import Dataset, System, Tagging, TagState
from apps.identity.permissions import Role
from tests import people
from tests.catalog.test_views import ACTOR, AT, WORLD
from tests.pages import CheckPage, SignIn, TakePicture
from tests.servers import WarehouseDatabase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_steward_finds_a_table_and_decides_on_its_columns(
    warehouse_db: WarehouseDatabase,
    connected: Callable[..., System],
    page: Page,
    sign_in: SignIn,
    axe: CheckPage,
    screenshot: TakePicture,
) -> None:
    with warehouse_db.connect() as admin:
        admin.execute(WORLD)
        admin.execute(
            "COMMENT ON TABLE sales.customers IS 'Everybody who ever bought something.';"
            "ALTER TABLE sales.customers ADD phone text, ADD birth_date date;"
            "INSERT INTO sales.customers SELECT g, 'person' || g || '@example.org', 'A',"
            " '+47 22 1' || g % 10 || ' 34 56', '1970-01-01'::date + g"
            " FROM generate_series(1, 400) g; ANALYZE"
        )
    services.declare_tags(actor=ACTOR)
    services.scan_system(system=connected(sampling=True), at=AT, actor=ACTOR)
    for dataset in Dataset.objects.select_related("system"):
        services.propose_tags(dataset=dataset, actor=ACTOR)
    sign_in(page, people.person("Elena Varga", Role.STEWARD))

    page.goto("/data")
    expect(page.get_by_role("row")).to_have_count(4)
    screenshot(page, "data-assets")
    axe(page)
    page.get_by_role("link", name="sales.customers").click()
    expect(page.get_by_text("Wait for your decision")).to_be_visible()
    screenshot(page, "asset-columns")
    axe(page)
    page.get_by_role("button", name="Confirm E-mail address on email").click()
    expect(page.get_by_text("confirmed by Elena Varga")).to_be_visible()
    assert Tagging.objects.get(state=TagState.CONFIRMED).field.name == "email"  # type: ignore[union-attr]
    page.get_by_role("button", name="Nothing to protect in the 2 columns").click()
    expect(page.get_by_text("No tag", exact=False)).to_have_count(0)
    axe(page)
    for tab in ("Overview", "Access", "History"):
        page.get_by_role("link", name=tab, exact=True).click()
        axe(page)
    screenshot(page, "asset-history")
