"""A person connects a PostgreSQL in a real browser, and says whose its logins and tables are."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from apps.catalog.models import Account, Dataset, System
from apps.identity.permissions import Role
from apps.jobs.models import Job
from apps.jobs.models import State as JobState
from apps.jobs.runner import drain
from tests import people
from tests.pages import CheckPage, SignIn, TakePicture
from tests.servers import WarehouseDatabase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

WORLD = """
CREATE ROLE seneschal_scan LOGIN PASSWORD 'right-one';
CREATE ROLE seneschal_apply LOGIN PASSWORD 'right-one';
CREATE ROLE loader NOLOGIN;
CREATE ROLE ingrid_solberg LOGIN; CREATE ROLE mokafor LOGIN; CREATE ROLE nightly_etl LOGIN;
CREATE ROLE jweber LOGIN; CREATE ROLE reporting LOGIN;
CREATE SCHEMA sales AUTHORIZATION loader;
SET ROLE loader;
CREATE TABLE sales.customers (id int PRIMARY KEY, email text, phone text, note text);
CREATE TABLE sales.orders (id int, customer int REFERENCES sales.customers, total numeric);
CREATE VIEW sales.emails AS SELECT email FROM sales.customers;
RESET ROLE;
"""


def test_a_postgresql_is_connected_and_made_ones_own(
    warehouse_db: WarehouseDatabase,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    page: Page,
    sign_in: SignIn,
    axe: CheckPage,
    screenshot: TakePicture,
) -> None:
    settings.CONNECTABLE_NETWORKS = ["127.0.0.0/8"]
    settings.SYSTEM_SECRETS_FOLDER = Path("/var/lib/seneschal/systems")
    monkeypatch.setenv("WAREHOUSE_SCAN", "right-one")
    monkeypatch.setenv("WAREHOUSE_APPLY", "right-one")
    with warehouse_db.connect() as admin:
        admin.execute(WORLD)
    for name in ("Ingrid Solberg", "Maya Okafor", "Jonas Weber", "Priya Raman"):
        people.person(name)
    sign_in(page, people.person("Elena Varga", Role.STEWARD, Role.OPERATOR))

    page.goto("/connections")
    axe(page)
    page.get_by_role("link", name="Connect a PostgreSQL").first.click()
    axe(page)
    page.get_by_label("Name", exact=True).fill("Warehouse")
    page.get_by_label("Host").fill("127.0.0.1")
    page.get_by_label("Port").fill(str(warehouse_db.cluster.port))
    page.get_by_label("Database").fill(warehouse_db.name)
    page.get_by_label("Encryption").select_option("prefer")
    scan, apply = page.get_by_role("group", name="Scan"), page.get_by_role("group", name="Apply")
    scan.get_by_label("Role").fill("seneschal_scan")
    scan.get_by_label("Its password").fill("hunter2")
    apply.get_by_label("Role").fill("seneschal_apply")
    apply.get_by_label("Its password").fill("env:WAREHOUSE_APPLY")
    page.get_by_role("button", name="Test without saving").click()
    expect(page.get_by_text("never the secret itself")).to_be_visible()
    expect(scan.get_by_label("Its password")).to_have_value("")
    assert "hunter2" not in page.content()
    axe(page)
    scan.get_by_label("Its password").fill("env:WAREHOUSE_SCAN")
    page.get_by_role("button", name="Test without saving").click()
    expect(page.get_by_text("rights are lacking")).to_be_visible()
    axe(page)
    page.evaluate("window.scrollTo(0, 0)")
    screenshot(page, "connect")
    page.locator("#rights").evaluate("part => part.scrollIntoView({block: 'start'})")
    screenshot(page, "connect-rights")
    assert not System.objects.exists()

    page.get_by_role("button", name="Connect and scan").click()
    expect(page.get_by_role("heading", name="Warehouse is connected")).to_be_visible()
    expect(page.locator("#rights")).to_contain_text("rights are lacking")
    axe(page)
    drain(seconds=20)
    expect(page.get_by_text("What people have yet to say")).to_be_visible()
    axe(page)
    screenshot(page, "setup")

    page.get_by_role("link", name="Say whose the logins are").click()
    expect(page.get_by_text("Perhaps:").first).to_be_visible()
    axe(page)
    page.get_by_role("button", name="ingrid_solberg is Ingrid Solberg").click()
    expect(page.get_by_role("button", name="ingrid_solberg is not Ingrid Solberg")).to_be_visible()
    page.get_by_role("combobox", name="Whose reporting is").fill("nobody@example.org")
    page.get_by_role("button", name="Say whose reporting is").click()
    expect(page.get_by_text("There is nobody with that e-mail address.")).to_be_visible()
    page.get_by_role("combobox", name="Whose reporting is").fill("priya.raman@example.org")
    page.get_by_role("button", name="Say whose reporting is").click()
    expect(page.get_by_role("button", name="reporting is not Priya Raman")).to_be_visible()
    assert set(Account.objects.values_list("role", flat=True)) == {"ingrid_solberg", "reporting"}
    axe(page)
    screenshot(page, "accounts")

    page.goto("/data?without=owner")
    page.get_by_text("Tick sales.customers").locator("xpath=..").click()
    page.get_by_text("Tick sales.orders").locator("xpath=..").click()
    page.get_by_role("button", name="Say who answers").click()
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("Say a domain, an owner or a steward.")).to_be_visible()
    axe(page)
    expect(page.get_by_label("Those I ticked")).to_be_checked()
    page.get_by_label("Owner").select_option(label="Ingrid Solberg")
    page.get_by_label("Steward").select_option(label="Elena Varga")
    screenshot(page, "place-many")
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("It is written down for 2 data assets.")).to_be_visible()
    assert Dataset.objects.filter(owner__name="Ingrid Solberg").count() == 2

    page.goto(f"/data/{Dataset.objects.get(name='emails').uuid}?tab=overview")
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Owner").select_option(label="Maya Okafor")
    axe(page)
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("It is written down who answers for it.")).to_be_visible()
    expect(page.locator("#place")).to_contain_text("Maya Okafor")
    axe(page)
    screenshot(page, "dataset-overview")

    page.goto("/connections/warehouse/settings")
    axe(page)
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Warehouse is no longer connected.")).to_be_visible()
    assert not System.objects.exists()
    drain(seconds=20)
    assert not Job.objects.filter(state=JobState.QUARANTINED).exists()
