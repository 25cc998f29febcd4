"""The inbox shows what waits, what approving would do, and takes the answer."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.access.models import AccessRequest, Grant
from apps.approvals.models import Approval
from apps.audit.models import Entry
from apps.connectors.contracts import Preview
from apps.identity.models import User
from tests import people
from tests.connectors.double import MemoryTarget
from tests.policies.conftest import Company, request_terms


def client_of(user: User | None) -> Client:
    """A browser in which this person is signed in."""
    browser = Client()
    assert user is not None
    browser.force_login(people.fresh(user))
    return browser


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def path_of(request: AccessRequest) -> str:
    return f"/inbox/{request.approval}"


def test_what_needs_an_answer_stands_in_the_inbox_of_who_decides(
    asking: Company, asked: AccessRequest
) -> None:
    owner = client_of(asking.orders.owner)
    for address in ("/", "/inbox"):
        assert path_of(asked) in text(owner, address)
    assert "Nothing needs you" in text(client_of(asking.anna), "/inbox")
    assert path_of(asked) in text(client_of(asking.anna), "/inbox?tab=waiting")
    assert "Nothing was decided yet" in text(client_of(asking.anna), "/inbox?tab=decided")
    assert client_of(asking.ben).get(path_of(asked)).status_code == 404


def test_the_detail_says_what_approving_would_do(asking: Company, asked: AccessRequest) -> None:
    shown = text(client_of(asking.orders.owner), path_of(asked))
    assert "To answer &lt;customers&gt;." in shown
    assert "SUP-12" in shown
    assert "Anna reads 2 columns of" in shown
    assert "replaced by ***" in shown
    assert "Every row" in shown
    assert "Approve, 60 days" in shown
    assert "Approve, 30 days" in text(client_of(asking.orders.owner), f"{path_of(asked)}?days=30")
    assert "Deny</button>" not in text(client_of(asking.anna), path_of(asked))


def test_approving_for_fewer_days_makes_the_shorter_grant(
    asking: Company, asked: AccessRequest
) -> None:
    owner = client_of(asking.orders.owner)
    form = {"answer": "approve", "version": "1", "days": "30", "note": ""}
    assert owner.post(f"{path_of(asked)}/decide", form).status_code == 302
    grant = Grant.objects.get()
    assert (grant.until - timezone.now()).days in (29, 30)
    shown = text(owner, "/inbox?tab=decided")
    assert grant.key in shown
    assert path_of(asked) in shown
    decided = text(owner, path_of(asked))
    assert "Olga Owner approved it" in decided
    assert f'href="/grants/{grant.uuid}"' in decided
    assert "On its way" in decided, "approved is not yet proven"


def test_a_denial_needs_a_reason_and_makes_no_grant(asking: Company, asked: AccessRequest) -> None:
    owner = client_of(asking.orders.owner)
    form = {"answer": "deny", "version": "1", "note": " "}
    answer = owner.post(f"{path_of(asked)}/decide", form)
    assert (answer.status_code, "Say why you deny it." in answer.content.decode()) == (422, True)
    assert owner.post(f"{path_of(asked)}/decide", form | {"note": "No."}).status_code == 302
    assert Approval.objects.get(uuid=asked.approval).state == Approval.State.DENIED
    assert not Grant.objects.exists()


def test_who_comes_too_late_is_told_who_decided(asking: Company, asked: AccessRequest) -> None:
    owner = client_of(asking.orders.owner)
    form = {"answer": "deny", "version": "1", "note": "No."}
    owner.post(f"{path_of(asked)}/decide", form)
    late = owner.post(f"{path_of(asked)}/decide", {"answer": "approve", "version": "1"})
    assert late.status_code == 409
    assert "Olga Owner denied it" in late.content.decode()
    assert not Grant.objects.exists()


def test_an_answer_on_another_version_is_not_taken(asking: Company, asked: AccessRequest) -> None:
    owner = client_of(asking.orders.owner)
    stale = owner.post(f"{path_of(asked)}/decide", {"answer": "approve", "version": "7"})
    assert "Look at it again before you decide." in stale.content.decode()
    assert Approval.objects.get(uuid=asked.approval).is_pending


@pytest.mark.parametrize("form", [{}, {"version": "x"}, {"version": "1", "days": "-3"}])
def test_a_form_that_makes_no_sense_is_a_problem(
    asking: Company, asked: AccessRequest, form: dict[str, str]
) -> None:
    answer = client_of(asking.orders.owner).post(f"{path_of(asked)}/decide", form)
    assert answer.status_code == 400


def test_the_requester_cannot_decide_nor_look_at_rows(
    asking: Company, asked: AccessRequest
) -> None:
    anna = client_of(asking.anna)
    form = {"answer": "approve", "version": "1"}
    assert anna.post(f"{path_of(asked)}/decide", form).status_code == 403
    assert anna.post(f"{path_of(asked)}/preview", {"dataset": "x"}).status_code == 403
    assert not Grant.objects.exists()


def test_what_may_not_be_given_any_more_can_only_be_denied(
    asking: Company, asked: AccessRequest
) -> None:
    asking.anna.accounts.all().delete()
    shown = text(client_of(asking.orders.owner), path_of(asked))
    assert "has no account in Warehouse" in shown
    assert "Approve, " not in shown
    assert "Deny" in shown


def test_live_rows_are_shown_on_demand_and_the_look_is_in_the_book(
    asking: Company, asked: AccessRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Preview(("id", "email"), frozenset({"email"}), (("1", "***"), ("2", None)), 2, 5)
    monkeypatch.setattr(MemoryTarget, "preview", lambda *_: rows, raising=False)
    owner = client_of(asking.orders.owner)
    answer = owner.post(f"{path_of(asked)}/preview", {"dataset": str(asking.orders.uuid)})
    assert answer.status_code == 200
    assert "2 of 5 rows are visible." in answer.content.decode()
    assert "***" in answer.content.decode()
    assert Entry.objects.filter(action="access.preview_rows").count() == 1
    assert owner.post(f"{path_of(asked)}/preview", {"dataset": "x"}).status_code == 404


def test_a_proposed_policy_is_decided_in_the_inbox_too(company: Company) -> None:
    version = company.propose("ask", "request", request_terms(), at=timezone.now())
    other = client_of(company.other_steward)
    shown = text(other, f"/inbox/{version.approval}")
    assert "Everyone may ask for columns" in shown
    assert 'href="/policies/ask"' in shown
    form = {"answer": "approve", "version": "1"}
    assert other.post(f"/inbox/{version.approval}/decide", form).status_code == 302


def test_the_palette_finds_an_asset_and_leads_to_it(company: Company) -> None:
    steward = client_of(company.steward)
    assert f'href="/data/{company.orders.uuid}"' in text(steward, "/palette?q=ord")
    assert text(steward, "/palette?q=") == ""
    assert text(steward, "/palette?q=%00") == ""


def test_the_palette_leads_to_a_person_those_who_may_look_people_up(company: Company) -> None:
    page = f'href="/people/{company.anna.uuid}"'
    assert page in text(client_of(company.steward), "/palette?q=ann")
    assert page in text(client_of(company.steward), "/palette?q=anna@example")
    assert page not in text(client_of(company.anna), "/palette?q=ann")
