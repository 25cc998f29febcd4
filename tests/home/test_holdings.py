"""The panel that says what somebody may read: by which grant or policy, and to whom it is shown."""

import pytest
from django.test import Client

from apps.access.models import AccessRequest, Grant
from apps.approvals import services as approvals
from apps.approvals.models import Approval
from apps.identity import services
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
    assert "sales.orders" in panel(people.person("Audrey", Role.AUDITOR), asking.anna)
    looked = {}
    for domain in (asking.sales, people.domain("care")):
        viewer = people.person(f"Otis of {domain.key}", Role.OPERATOR)
        services.assign_role(role=Role.OWNER, domain=domain, to=viewer, actor=people.TESTS)
        looked[domain.key] = panel(viewer, asking.anna)
    assert "sales.orders" in looked["sales"]
    assert "sales.orders" not in looked["care"]
    assert "Nothing that you look after" in looked["care"]


def test_who_may_not_look_people_up_or_see_grants_is_refused(asking: Company) -> None:
    owner = people.person("Odin", Role.OWNER)
    assert client_of(owner).get(f"/people/{asking.anna.uuid}/holdings").status_code == 404
    assert client_of(asking.ben).get(f"/people/{asking.anna.uuid}/holdings").status_code == 403


def test_somebody_without_a_login_is_told_apart_from_somebody_without_access(
    company: Company,
) -> None:
    assert "No login in any system" in panel(company.steward, company.other_steward)
    assert "No policy and no grant" in panel(company.steward, company.anna)
