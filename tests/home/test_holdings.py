"""The panel that says what somebody may read: by which grant or policy, and to whom it is shown."""

import pytest
from django.test import Client

from apps.access.models import AccessRequest, Grant
from apps.approvals import services as approvals
from apps.approvals.models import Approval
from apps.identity.models import User
from apps.identity.permissions import Role
from tests import people
from tests.policies.conftest import EMAILS, EVERYONE, ORDERS, REDACT, Company


def client_of(user: User | None) -> Client:
    """A browser in which this person is signed in."""
    browser = Client()
    assert user is not None
    browser.force_login(people.fresh(user))
    return browser


def panel(viewer: User, of: User, query: str = "") -> str:
    answer = client_of(viewer).get(f"/people/{of.uuid}/holdings{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def granted(asking: Company, asked: AccessRequest) -> Grant:
    """The owner approves what Anna asked for."""
    approval = Approval.objects.get(uuid=asked.approval)
    approvals.decide(
        approval=approval,
        answer="approve",
        note="",
        terms={},
        version=approval.version,
        at=asked.created_at,
        actor=asking.orders.owner,
    )
    return Grant.objects.get()


def test_a_grant_is_shown_with_its_terms_and_its_end(asking: Company, granted: Grant) -> None:
    shown = panel(asking.steward, asking.anna)
    assert "sales.orders" in shown
    assert f'href="/grants/{granted.uuid}"' in shown
    assert "2 columns, 1 masked" in shown
    assert "No access ends with this account." in panel(asking.steward, asking.ben, "?ends=1")
    assert "taken away within moments" in panel(asking.steward, asking.anna, "?ends=1")


def test_a_policy_is_shown_as_what_it_gives(company: Company) -> None:
    company.enact("open", "grant", {"subjects": EVERYONE, "resource": ORDERS})
    company.enact("mask", "mask", {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT})
    shown = panel(company.steward, company.ben)
    assert 'href="/policies/open"' in shown
    assert "every row" in shown


def test_only_data_that_the_viewer_looks_after_is_shown(asking: Company, granted: Grant) -> None:
    elsewhere = people.person("Else", Role.OWNER, domain=people.domain("care"))
    auditor = people.person("Audrey", Role.AUDITOR)
    assert "sales.orders" in panel(auditor, asking.anna)
    refused = client_of(elsewhere).get(f"/people/{asking.anna.uuid}/holdings")
    assert refused.status_code == 404
    assert client_of(asking.ben).get(f"/people/{asking.anna.uuid}/holdings").status_code == 403


def test_somebody_without_a_login_is_told_apart_from_somebody_without_access(
    company: Company,
) -> None:
    assert "No login in any system" in panel(company.steward, company.other_steward)
    assert "No policy and no grant" in panel(company.steward, company.anna)
