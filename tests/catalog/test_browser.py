"""The pages of the catalog in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from apps.catalog import services
from apps.catalog.models import Dataset, System, Tagging, TagState
from apps.identity.models import User
from apps.identity.permissions import Role
from apps.policies.models import Policy
from tests import people
from tests.catalog.test_views import ACTOR, AT, WORLD
from tests.pages import CheckPage, SignIn, TakePicture
from tests.servers import WarehouseDatabase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def mask_emails(owner: User) -> None:
    Policy.objects.create(
        key="mask-email",
        name="Mask e-mail",
        kind="mask",
        definition={
            "subjects": {"any_of": [{"kind": "everyone"}]},
            "resource": {"tags": {"tag": "pii.email"}, "level": "column"},
            "mask": {"function": "partial", "first": 1, "last": 0},
        },
        owner=owner,
        state=Policy.State.ACTIVE,
        number=1,
    )


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
    elena = people.person("Elena Varga", Role.STEWARD)
    mask_emails(elena)
    sign_in(page, elena)

    page.goto("/data")
    expect(page.get_by_role("row")).to_have_count(4)
    screenshot(page, "data-assets")
    axe(page)
    page.get_by_role("link", name="sales.customers").click()
    expect(page.get_by_text("Wait for your decision")).to_be_visible()
    screenshot(page, "asset-columns")
    axe(page)
    detail = page.get_by_role("complementary", name="The column in detail")
    expect(detail).to_contain_text("valid e-mail addresses")
    expect(detail).to_contain_text("400 of 400")
    expect(detail.locator("#if-confirmed")).to_contain_text("Mask e-mail")
    expect(page.get_by_role("row", name="email text")).to_contain_text("once confirmed")
    page.keyboard.press("c")
    expect(page.get_by_text("confirmed by Elena Varga")).to_be_visible()
    expect(page.get_by_text("2 columns wait")).to_be_visible()
    assert Tagging.objects.get(state=TagState.CONFIRMED).field.name == "email"  # type: ignore[union-attr]
    expect(detail.get_by_role("heading", name="phone")).to_be_focused()
    expect(page.get_by_role("row", name="email text")).to_contain_text("First character")
    screenshot(page, "dataset")
    page.keyboard.press("x")
    expect(detail.get_by_role("heading", name="birth_date")).to_be_focused()
    rejected = Tagging.objects.get(state=TagState.REJECTED).field
    assert rejected is not None
    assert rejected.name == "phone"
    page.get_by_role("link", name="email", exact=True).focus()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="birth_date", exact=True)).to_be_focused()
    page.get_by_role("link", name="plain", exact=True).click()
    expect(detail.get_by_role("heading", name="plain")).to_be_focused()
    assert page.url.endswith("column=plain")
    expect(detail).to_contain_text("Nothing was found")
    axe(page)
    page.get_by_role("button", name="Nothing to protect in the 3 columns").click()
    expect(page.get_by_text("No tag", exact=False)).to_have_count(0)
    axe(page)
    for tab in ("Overview", "Access", "History"):
        page.get_by_role("link", name=tab, exact=True).click()
        axe(page)
    screenshot(page, "asset-history")
