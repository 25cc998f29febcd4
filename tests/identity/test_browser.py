"""The pages of identity in a real browser: an administrator's morning, and one's own account."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from apps.catalog.models import Account, SystemRole
from apps.identity import services
from apps.identity.models import User
from apps.identity.permissions import Role
from tests.identity.requests import code_of
from tests.pages import CheckPage, SignIn, TakePicture
from tests.people import PASSWORD, domain, fresh, machine, person, team
from tests.policies.conftest import EMAILS, EVERYONE, ORDERS, REDACT, Company, company

__all__ = ["company"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def crowd(company: Company) -> User:
    """People of several kinds around the company, and the administrator among them."""
    admin = person("Ada Amsel", Role.ADMIN)
    care, nora = domain("care"), person("Nora Nordin")
    services.update_profile(
        user=nora,
        name=nora.name,
        title="Analyst, Finance",
        attributes={"region": "EU", "level": 3},
        actor=admin,
    )
    services.assign_role(role=Role.MEMBER, domain=None, to=nora, actor=admin)
    services.assign_role(role=Role.STEWARD, domain=care, to=nora, actor=admin)
    analysts = team("analysts", nora, company.anna, company.ben)
    services.assign_role(role=Role.AUDITOR, domain=None, to=analysts, actor=admin)
    team("newcomers")
    machine("nightly-load", nora, Role.MEMBER)
    Account.objects.create(system=company.system, user=nora, role="nora")
    SystemRole.objects.create(system=company.system, name="nora", login=True)
    company.enact("open", "grant", {"subjects": EVERYONE, "resource": ORDERS})
    company.enact("mask", "mask", {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT})
    services.deactivate_user(user=person("Gustav Gone"), actor=admin)
    return admin


def test_an_administrator_gives_a_role_and_shuts_an_account(
    company: Company, page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    sign_in(page, crowd(company))
    page.goto("/people")
    expect(page.get_by_role("link", name="nightly-load")).to_be_visible()
    screenshot(page, "people")
    axe(page)
    page.get_by_label("Find somebody").fill("nord")
    page.get_by_label("Find somebody").press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="Nora Nordin").click()
    expect(page.get_by_role("link", name="sales.orders")).to_be_visible()
    screenshot(page, "person")
    axe(page)
    page.get_by_label("Role", exact=True).select_option("operator")
    page.get_by_role("button", name="Give role").click()
    expect(page.get_by_text("Given. It counts from now on.")).to_be_visible()
    page.get_by_role("button", name="Withdraw Operator").click()
    axe(page)
    page.get_by_role("dialog").get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.get_by_text("Withdrawn. What they had")).to_be_visible()
    page.get_by_role("link", name="Shut…").click()
    expect(page.get_by_text("hand it over first")).to_be_visible()
    expect(page.get_by_text("taken away within moments")).to_be_visible()
    screenshot(page, "person-shut")
    axe(page)
    page.get_by_role("button", name="Shut the account").click()
    expect(page.get_by_text("This account is shut")).to_be_visible()
    axe(page)
    assert not fresh(User.objects.get(name="Nora Nordin")).is_active


def test_a_form_that_is_refused_says_why_where_it_is(
    company: Company, page: Page, sign_in: SignIn, axe: CheckPage
) -> None:
    sign_in(page, crowd(company))
    page.goto("/people/new")
    axe(page)
    page.get_by_label("Name").fill("Nora Nordin")
    page.get_by_label("E-mail address").fill("nora.nordin@example.org")
    page.get_by_role("button", name="Make the account").click()
    field = page.get_by_label("E-mail address")
    expect(field).to_have_accessible_description(re.compile("has an account already"))
    axe(page)
    for address in ("/people/new-service-account", "/teams/new", "/domains/new"):
        page.goto(address)
        axe(page)
    nora = User.objects.get(name="Nora Nordin")
    for address in ("profile", "password", "switch"):
        page.goto(f"/people/{nora.uuid}/{address}")
        axe(page)


def test_teams_and_domains_are_looked_after(
    company: Company, page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    sign_in(page, crowd(company))
    page.goto("/teams")
    screenshot(page, "teams")
    axe(page)
    page.get_by_role("link", name="Newcomers").click()
    expect(page.get_by_text("Nobody is in it")).to_be_visible()
    axe(page)
    ben = User.objects.get(name="Ben")
    page.get_by_label("Person").select_option(str(ben.uuid))
    page.get_by_role("button", name="Put in").click()
    expect(page.get_by_role("link", name="Ben")).to_be_visible()
    screenshot(page, "team")
    axe(page)
    page.get_by_role("button", name="Take Ben out").click()
    page.get_by_role("dialog").get_by_role("button", name="Take out").click()
    expect(page.get_by_text("Nobody is in it")).to_be_visible()


def test_ones_own_account_and_a_token_that_is_shown_once(
    company: Company, page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    crowd(company)
    nora, at = User.objects.get(name="Nora Nordin"), datetime.now(tz=UTC)
    robot = User.objects.get(name="nightly-load")
    for holder, name in ((nora, "Notebook"), (robot, "Warehouse load")):
        services.issue_token(
            user=holder,
            name=name,
            scopes=["catalog.view", "access.view"],
            expires_at=at + timedelta(days=20),
            at=at,
            actor=nora,
        )
    sign_in(page, nora)
    page.goto("/inbox")
    page.get_by_text("Nora Nordin").first.click()
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_text("Authenticator app: off")).to_be_visible()
    screenshot(page, "account")
    axe(page)
    page.get_by_role("link", name="New token", exact=True).click()
    screenshot(page, "new-token")
    axe(page)
    page.get_by_label("What it is for").fill("Nightly export")
    page.get_by_role("checkbox", name="Find data assets").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("Copy it now")).to_be_visible()
    screenshot(page, "token")
    axe(page)
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Revoke Nightly export").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("Revoked.")).to_be_visible()
    expect(page.get_by_text("Nightly export")).to_be_hidden()


def test_a_second_factor_is_turned_on_with_an_authenticator_app(
    page: Page, axe: CheckPage, screenshot: TakePicture
) -> None:
    person("Nora Nordin", Role.MEMBER, password=PASSWORD)
    page.goto("/account")
    page.get_by_label("Email").fill("nora.nordin@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Turn on").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text(re.compile("recovery codes", re.IGNORECASE)).first).to_be_visible()
    axe(page)
    page.goto("/account")
    expect(page.get_by_text("Authenticator app: on")).to_be_visible()
    expect(page.get_by_text(re.compile("Recovery codes: 10 left"))).to_be_visible()
    screenshot(page, "account-guarded")
    axe(page)
