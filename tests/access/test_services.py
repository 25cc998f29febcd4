"""What asking, deciding, ending and renewing promise."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.access.models import AccessRequest, Grant, Purpose
from apps.access.routes import Asked
from apps.access.services.grants import end_grant, expire_due, recheck_eligibility, renew_grant
from apps.access.services.purposes import retire_purpose
from apps.access.services.requests import submit_request, withdraw_request
from apps.approvals import services as approvals
from apps.approvals.selectors import approval_of
from apps.core.actors import SystemActor
from apps.core.errors import Conflict, Forbidden, Invalid, Refused
from apps.enforcement import selectors as enforcement
from apps.identity import services as identity
from apps.identity.models import User
from tests import people
from tests.access.conftest import UNTIL
from tests.policies.conftest import AT, Company

EU = {"kind": "compare", "column": "region", "operator": "=", "value": "EU"}
CLOCK = SystemActor("tests.clock")


def ask(company: Company, purpose: Purpose, **changed: Any) -> AccessRequest:
    """Anna asks for id and e-mail of the orders."""
    terms = {
        "requester": company.anna,
        "beneficiary": company.anna,
        "items": [Asked(company.orders, frozenset({"id", "email"}))],
        "purpose": purpose,
        "justification": "To answer customers.",
        "until": UNTIL,
        "at": AT,
        "actor": company.anna,
    } | changed
    return submit_request(**terms)


def answer(
    request: AccessRequest,
    by: User,
    word: str = "approve",
    terms: dict[str, Any] | None = None,
    at: datetime = AT,
) -> None:
    """Decide the request."""
    approval = approval_of(request.approval)
    approvals.decide(
        approval=approval,
        answer=word,
        note="because",
        terms=terms or {},
        version=approval.version,
        at=at,
        actor=people.fresh(by),
    )


def granted(company: Company, purpose: Purpose, **terms: Any) -> Grant:
    """What Anna holds after the owner approved."""
    request = ask(company, purpose)
    answer(request, owner(company), terms=terms or None)
    return Grant.objects.get(request=request)


def owner(company: Company) -> User:
    """The owner of the orders."""
    assert company.orders.owner is not None
    return company.orders.owner


def test_an_approved_request_becomes_a_grant_whose_rule_is_declared(
    asking: Company, purpose: Purpose
) -> None:
    grant = granted(asking, purpose)
    assert (grant.account.role, grant.columns) == ("anna", ["email", "id"])
    assert grant.masks == {"email": {"function": "redact"}}
    assert [rule.origin for rule in asking.rules() if rule.principals] == [grant.ref]
    assert AccessRequest.objects.get().state == AccessRequest.State.APPROVED


def test_without_a_request_policy_nobody_may_ask(company: Company, purpose: Purpose) -> None:
    with pytest.raises(Refused):
        ask(company, purpose)
    assert not AccessRequest.objects.exists()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"items": []}, Invalid),
        ({"justification": "  "}, Invalid),
        ({"until": AT}, Invalid),
        ({"until": AT + timedelta(days=91)}, Refused),
    ],
    ids=["nothing", "no reason", "in the past", "too long"],
)
def test_what_must_not_be_asked_is_refused(
    asking: Company, purpose: Purpose, changed: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(asking, purpose, **changed)


def test_an_unknown_column_is_named(asking: Company, purpose: Purpose) -> None:
    with pytest.raises(Invalid, match="no column nonsense"):
        ask(asking, purpose, items=[Asked(asking.orders, frozenset({"nonsense"}))])


def test_a_retired_purpose_cannot_be_asked_for(asking: Company, purpose: Purpose) -> None:
    retired = retire_purpose(purpose=purpose, actor=people.TESTS)
    with pytest.raises(Invalid, match="no longer used"):
        ask(asking, retired)


def test_nobody_asks_for_somebody_else(asking: Company, purpose: Purpose) -> None:
    with pytest.raises(Forbidden):
        ask(asking, purpose, beneficiary=asking.ben)


def test_without_an_account_the_request_says_what_to_do(asking: Company, purpose: Purpose) -> None:
    asking.anna.accounts.all().delete()
    with pytest.raises(Refused, match="has no account in Warehouse"):
        ask(asking, purpose)


def test_the_same_is_not_asked_twice(asking: Company, purpose: Purpose) -> None:
    ask(asking, purpose)
    with pytest.raises(Conflict, match="waits for"):
        ask(asking, purpose)


def test_what_one_has_already_has_no_effect_and_is_refused(
    asking: Company, purpose: Purpose
) -> None:
    granted(asking, purpose)
    with pytest.raises(Refused, match="already"):
        ask(asking, purpose, at=AT + timedelta(hours=1))


def test_nobody_approves_for_themselves(asking: Company, purpose: Purpose) -> None:
    asking.orders.owner = asking.anna
    asking.orders.save()
    request = ask(asking, purpose)
    with pytest.raises(Forbidden):
        answer(request, asking.anna)
    assert not Grant.objects.exists()


def test_an_approver_narrows(asking: Company, purpose: Purpose) -> None:
    until = AT + timedelta(days=3)
    item = {"columns": ["id"], "filter": EU}
    grant = granted(asking, purpose, until=until.isoformat(), items={str(asking.orders.uuid): item})
    assert (grant.columns, grant.until, grant.filter) == (["id"], until, EU)


@pytest.mark.parametrize(
    "terms",
    [
        {"until": (UNTIL + timedelta(days=1)).isoformat()},
        {"items": {"ORDERS": {"columns": ["id", "region"]}}},
        {"items": {"ORDERS": {"columns": []}}},
        {"items": {"ORDERS": {"masks": {"region": {"function": "null"}}}}},
        {"items": {"00000000-0000-0000-0000-000000000000": {}}},
        {"more": 1},
    ],
    ids=["longer", "more columns", "no columns", "another column", "another dataset", "unknown"],
)
def test_an_approver_cannot_widen(asking: Company, purpose: Purpose, terms: dict[str, Any]) -> None:
    request = ask(asking, purpose)
    items = {
        k.replace("ORDERS", str(asking.orders.uuid)): v for k, v in terms.get("items", {}).items()
    }
    with pytest.raises(Invalid):
        answer(request, owner(asking), terms=terms | ({"items": items} if items else {}))
    assert AccessRequest.objects.get().state == AccessRequest.State.PENDING
    assert not Grant.objects.exists()


def test_a_denial_gives_nothing(asking: Company, purpose: Purpose) -> None:
    request = ask(asking, purpose)
    answer(request, owner(asking), "deny")
    request.refresh_from_db()
    assert request.state == AccessRequest.State.DENIED
    assert not Grant.objects.exists()


def test_no_answer_in_time_gives_nothing(asking: Company, purpose: Purpose) -> None:
    request = ask(asking, purpose)
    approvals.expire_overdue(at=UNTIL, actor=CLOCK)
    request.refresh_from_db()
    assert request.state == AccessRequest.State.EXPIRED
    assert not Grant.objects.exists()


def test_a_withdrawn_request_is_closed_for_good(asking: Company, purpose: Purpose) -> None:
    request = withdraw_request(request=ask(asking, purpose), at=AT, actor=asking.anna)
    assert request.state == AccessRequest.State.WITHDRAWN
    with pytest.raises(Conflict):
        withdraw_request(request=request, at=AT, actor=asking.anna)


def test_eligibility_is_looked_at_again_when_deciding(asking: Company, purpose: Purpose) -> None:
    request = ask(asking, purpose)
    retire_purpose(purpose=purpose, actor=people.TESTS)
    with pytest.raises(Refused):
        answer(request, owner(asking))
    assert not Grant.objects.exists()


def test_a_grant_ends_exactly_at_its_end(asking: Company, purpose: Purpose) -> None:
    grant = granted(asking, purpose)
    assert not expire_due(at=UNTIL - timedelta(microseconds=1), actor=CLOCK)
    assert [one.pk for one in expire_due(at=UNTIL, actor=CLOCK)] == [grant.pk]
    grant.refresh_from_db()
    assert grant.end_reason == Grant.EndReason.EXPIRED
    assert grant.ref not in {rule.origin for rule in enforcement.desired(asking.system)}


def test_a_grant_ends_once(asking: Company, purpose: Purpose) -> None:
    grant = granted(asking, purpose)
    end_grant(grant=grant, reason=Grant.EndReason.REVOKED, at=AT, actor=asking.anna)
    with pytest.raises(Conflict, match="ended already"):
        end_grant(grant=grant, reason=Grant.EndReason.REVOKED, at=AT, actor=asking.anna)


def test_who_leaves_loses_what_they_had(asking: Company, purpose: Purpose) -> None:
    grant = granted(asking, purpose)
    identity.deactivate_user(user=asking.anna, actor=people.TESTS)
    ended = recheck_eligibility(user=people.fresh(asking.anna), at=AT, actor=CLOCK)
    assert [one.pk for one in ended] == [grant.pk]
    assert ended[0].end_reason == Grant.EndReason.INELIGIBLE


def test_who_is_eligible_keeps_what_they_have(asking: Company, purpose: Purpose) -> None:
    granted(asking, purpose)
    assert recheck_eligibility(user=asking.anna, at=AT, actor=CLOCK) == []


def test_a_renewal_takes_the_place_of_the_grant(asking: Company, purpose: Purpose) -> None:
    grant, later = granted(asking, purpose), UNTIL + timedelta(days=20)
    at = AT + timedelta(days=10)
    request = renew_grant(
        grant=grant,
        requester=asking.anna,
        justification="Still answering.",
        until=later,
        at=at,
        actor=asking.anna,
    )
    answer(request, owner(asking), at=at)
    grant.refresh_from_db()
    assert grant.end_reason == Grant.EndReason.SUPERSEDED
    live = Grant.objects.live(at).get()
    assert (live.until, live.columns) == (later, grant.columns)
