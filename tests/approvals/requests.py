"""Sample requests of approvals."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.approvals import kinds, services
from apps.approvals.models import Approval
from apps.identity.models import User
from apps.identity.permissions import Role
from tests.approvals.conftest import KIND, Ledger, ask, stage
from tests.people import person
from tests.samples import Sample, sample

API = "/api/v1"


def opened(patch: pytest.MonkeyPatch) -> tuple[Approval, User, User]:
    """An approval, who asked for it and who decides it."""
    patch.setitem(kinds._kinds, KIND, Ledger())
    asks, decides = person("Rita", Role.MEMBER), person("Olga", Role.OWNER)
    deadline = datetime.now(tz=UTC) + timedelta(days=1)
    return ask(asks, stage(decides), deadline=deadline), asks, decides


@sample("POST", f"{API}/approvals/<uuid:uuid>/decide")
def decide(patch: pytest.MonkeyPatch) -> Sample:
    approval, _, decides = opened(patch)
    headers = {"If-Match": f'"v{approval.version}"'}
    data = {"answer": "approve", "note": "", "terms": {}}
    return Sample(decides, path={"uuid": approval.uuid}, data=data, headers=headers)


@sample("POST", f"{API}/approvals/<uuid:uuid>/withdraw")
def withdraw(patch: pytest.MonkeyPatch) -> Sample:
    approval, asks, _ = opened(patch)
    headers = {"If-Match": f'"v{approval.version}"'}
    return Sample(asks, path={"uuid": approval.uuid}, headers=headers)


@sample("POST", f"{API}/delegations")
def delegate(_: pytest.MonkeyPatch) -> Sample:
    until = (datetime.now(tz=UTC) + timedelta(days=1)).isoformat()
    data = {"taker": str(person().uuid), "until": until, "reason": "Holiday"}
    return Sample(person("Olga", Role.OWNER), data=data)


@sample("POST", f"{API}/delegations/<uuid:uuid>/end")
def end_delegation(_: pytest.MonkeyPatch) -> Sample:
    giver, at = person("Olga", Role.OWNER), datetime.now(tz=UTC)
    made = services.delegate(
        giver=giver,
        taker=person(),
        valid_from=at,
        until=at + timedelta(days=1),
        reason="Holiday",
        at=at,
        actor=giver,
    )
    return Sample(giver, path={"uuid": made.uuid})


@sample("POST", "/delegations/new")
def delegate_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    today = datetime.now(tz=UTC).date()
    data = {
        "taker": str(person().uuid),
        "valid_from": today.isoformat(),
        "until": (today + timedelta(days=3)).isoformat(),
        "reason": "Holiday",
    }
    return Sample(person("Olga", Role.OWNER), data=data)


@sample("POST", "/delegations/<uuid:uuid>/end")
def end_delegation_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    return end_delegation(patch)
