"""The pages of access in a real browser, over a live warehouse."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access.models import AccessRequest, Grant, Purpose
from apps.access.routes import Asked
from apps.access.services.purposes import add_purpose
from apps.access.services.requests import submit_request
from apps.approvals import services as approvals
from apps.approvals.selectors import approval_of
from apps.catalog.models import Account, Dataset, Field, Tag, Tagging
from apps.identity.models import User
from apps.identity.permissions import Role
from apps.policies.models import Policy
from apps.policies.services import Proposal, propose_policy
from tests import people
from tests.enforcement.live import Warehouse, open_warehouse
from tests.pages import CheckPage, SignIn, TakePicture
from tests.servers import WarehouseDatabase

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
EVERYONE = {"any_of": [{"kind": "everyone"}]}


@dataclass
class House:
    """A live warehouse in which members ask for orders and their steward decides."""

    warehouse: Warehouse
    orders: Dataset
    purpose: Purpose
    requester: User
    steward: User

    def approve(self) -> Grant:
        """Approve the one request there is, and have it applied and proven."""
        approval = approval_of(AccessRequest.objects.get(state="pending").approval)
        approvals.decide(
            approval=approval,
            answer="approve",
            note="For the season.",
            terms={},
            version=approval.version,
            at=timezone.now(),
            actor=people.fresh(self.steward),
        )
        self.warehouse.reconcile()
        return Grant.objects.latest("id")


@pytest.fixture
def house(
    warehouse_db: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch, live_server: object
) -> House:
    """The house, with its policies decided."""
    warehouse = open_warehouse(warehouse_db, monkeypatch)
    sales = people.domain("sales")
    steward = people.person("Elena Varga", Role.STEWARD)
    requester = people.person("Rafael Costa", Role.MEMBER)
    orders = Dataset.objects.get(schema="sales", name="orders")
    Dataset.objects.filter(pk=orders.pk).update(domain=sales, steward=steward, owner=steward)
    orders.refresh_from_db()
    Account.objects.create(system=warehouse.system, user=requester, role="alice")
    email = Tag.objects.create(key="pii.mail", name="E-mail address", rank=20, personal=True)
    field = Field.objects.get(dataset=orders, name="email")
    Tagging.objects.filter(field=field).update(tag=email)
    purpose = add_purpose(key="service", name="Service quality", description="", actor=people.TESTS)
    add_purpose(key="churn", name="Churn analysis", description="", actor=people.TESTS)
    enact(
        "ask",
        "Members may ask, the steward decides",
        "request",
        {
            "subjects": EVERYONE,
            "resource": {"tags": {"at_least": "public"}, "level": "column"},
            "purposes": None,
            "stages": [
                {"name": "Steward", "needed": 1, "reviewers": [{"kind": "dataset_steward"}]}
            ],
            "longest_days": 90,
            "decide_within_days": 5,
        },
    )
    enact(
        "mail",
        "E-mail addresses show their first letter",
        "mask",
        {
            "subjects": EVERYONE,
            "resource": {"tags": {"tag": "pii.mail"}, "level": "column"},
            "mask": {"function": "partial", "first": 1, "last": 0},
        },
    )
    return House(warehouse, orders, purpose, requester, steward)


def enact(key: str, name: str, kind: str, definition: dict[str, object]) -> Policy:
    """Propose a policy and have somebody else approve it."""
    one, other = people.person("", Role.STEWARD), people.person("", Role.STEWARD)
    at = timezone.now() - timedelta(minutes=1)
    version = propose_policy(
        key=key,
        proposal=Proposal(name=name, kind=kind, definition=definition),
        reason="Needed.",
        at=at,
        actor=one,
    )
    approval = approval_of(version.approval)
    approvals.decide(
        approval=approval,
        answer="approve",
        note="Good.",
        terms={},
        version=approval.version,
        at=at,
        actor=other,
    )
    return Policy.objects.get(pk=version.policy_id)


def test_somebody_asks_follows_their_request_and_reads_the_proof(
    house: House, page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    sign_in(page, house.requester)
    page.goto("/ask")
    expect(page.get_by_text("Nothing is chosen yet").first).to_be_visible()
    axe(page)
    page.get_by_role("searchbox", name="Find a table to add").fill("ord")
    page.get_by_role("button", name="Add sales.orders").click()
    expect(page.get_by_text("Say what for")).to_be_visible()
    page.get_by_text("Service quality").click()
    rail = page.get_by_role("complementary", name="What will happen")
    expect(rail).to_contain_text("Elena Varga")
    expect(rail).to_contain_text("At most 90 days.")
    page.get_by_text("180 d", exact=True).click()
    expect(rail).to_contain_text("90 days at the longest")
    page.get_by_text("90 d", exact=True).click()
    page.get_by_label("In your words").fill(
        "Which orders of Europe arrive late, and what do we say?"
    )
    page.get_by_label("Ticket").fill("CRM-884")
    page.get_by_role("checkbox", name="email").check(force=True)
    expect(rail).to_contain_text("email is cut to its first character and ***")
    page.get_by_label("Which column limits the rows").select_option("region")
    page.get_by_label("With what").fill("EU")
    page.get_by_label("With what").blur()
    expect(rail).to_contain_text("Only rows where region is 'EU'")
    expect(page.get_by_label("In your words")).to_have_value(
        "Which orders of Europe arrive late, and what do we say?"
    )
    screenshot(page, "access-ask")
    axe(page)
    page.get_by_role("button", name="Ask for 90 days").click()
    expect(page.get_by_text("It waits for Elena Varga")).to_be_visible()
    screenshot(page, "access-request")
    axe(page)
    page.goto("/requests")
    expect(page.get_by_role("region", name="Requests").get_by_role("row")).to_have_count(2)
    screenshot(page, "access-requests")
    axe(page)
    grant = house.approve()
    page.goto(f"/grants/{grant.uuid}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "Rafael Costa may read sales.orders"
    )
    page.get_by_role("button", name="Ask now").click()
    expect(page.get_by_text("2 times the same answer")).to_be_visible()
    expect(page.get_by_text("Each of the 6 columns, asked as alice")).to_be_visible()
    page.reload()
    screenshot(page, "access-grant-proof")
    axe(page)
    page.get_by_role("button", name="Show live rows").click()
    expect(page.get_by_text("10 of 40 rows are visible.")).to_be_visible()
    axe(page)
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download evidence").click()
    assert kept.value.suggested_filename.startswith("evidence-")
    page.goto("/grants")
    expect(page.get_by_role("region", name="Grants").get_by_role("row")).to_have_count(2)
    screenshot(page, "access-grants")
    axe(page)
    page.goto(f"/data/{house.orders.uuid}?tab=access")
    expect(page.get_by_text("1 holder", exact=True)).to_be_visible()
    screenshot(page, "access-dataset")
    axe(page)
    page.goto(f"/grants/{grant.uuid}")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("stops seeing sales.orders within seconds")
    axe(page)
    dialog.get_by_role("button", name="End now").click()
    expect(page.get_by_text("Being taken away")).to_be_visible()
    house.warehouse.reconcile()
    page.reload()
    expect(page.get_by_text("Proven gone")).to_be_visible()
    screenshot(page, "access-grant-gone")
    axe(page)


def test_what_somebody_changed_by_hand_is_seen_when_asked_now(
    house: House, page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    at = timezone.now()
    submit_request(
        requester=house.requester,
        beneficiary=house.requester,
        items=[Asked(house.orders)],
        purpose=house.purpose,
        justification="Which orders arrive late?",
        until=at + timedelta(days=30),
        at=at,
        actor=house.requester,
    )
    grant = house.approve()
    sign_in(page, house.steward)
    page.goto(f"/grants/{grant.uuid}")
    head = page.locator("#standing")
    expect(head).to_contain_text("Proven")
    house.warehouse.estate.sql("GRANT USAGE ON SCHEMA sales TO alice")
    house.warehouse.estate.sql("GRANT SELECT ON sales.orders TO alice")
    page.get_by_role("button", name="Ask now").click()
    expect(head).to_contain_text("Differs from the decision")
    differing = page.get_by_role("row", name=re.compile("^sales.orders, the table itself"))
    expect(differing.get_by_label("differs")).to_be_visible()
    page.reload()
    screenshot(page, "access-grant-differs")
    axe(page)
