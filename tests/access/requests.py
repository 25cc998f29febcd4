"""Sample requests of access."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from apps.access.models import AccessRequest, Grant, Purpose
from apps.access.routes import Asked
from apps.access.services.purposes import add_purpose
from apps.access.services.requests import submit_request
from apps.approvals import services as approvals
from apps.approvals.selectors import approval_of
from apps.connectors.contracts import Preview
from apps.identity.permissions import Role
from apps.policies import purposes
from tests.access.conftest import EMAIL_MASK
from tests.connectors.double import MemoryTarget
from tests.people import TESTS, fresh, person
from tests.policies.conftest import OWNER_STAGE, Company, founded, request_terms
from tests.samples import Sample, changes_nothing, sample

API = "/api/v1"
ORDERS = {"datasets": [{"dataset": "warehouse/sales.orders"}]}


@dataclass
class Asking:
    """The company in which members may ask for the orders and their owner decides."""

    company: Company
    purpose: Purpose
    at: datetime

    @property
    def until(self) -> datetime:
        return self.at + timedelta(days=30)

    def ask(self) -> AccessRequest:
        anna = fresh(self.company.anna)
        return submit_request(
            requester=anna,
            beneficiary=anna,
            items=[Asked(self.company.orders, frozenset({"id", "email"}))],
            purpose=self.purpose,
            justification="To answer customers.",
            until=self.until,
            at=self.at,
            actor=anna,
        )

    def grant(self) -> Grant:
        request = self.ask()
        approval = approval_of(request.approval)
        assert self.company.orders.owner
        approvals.decide(
            approval=approval,
            answer="approve",
            note="",
            terms={},
            version=approval.version,
            at=self.at,
            actor=fresh(self.company.orders.owner),
        )
        return Grant.objects.get(request=request)


def asking(patch: pytest.MonkeyPatch) -> Asking:
    patch.setattr(purposes, "_sources", [lambda: ["service"]])
    company = founded(patch)
    terms = request_terms(resource=ORDERS, stages=[OWNER_STAGE], masks=[EMAIL_MASK])
    company.enact("ask", "request", terms)
    purpose = add_purpose(key="service", name="Service", description="", actor=TESTS)
    return Asking(company, purpose, datetime.now(tz=UTC))


@sample("POST", f"{API}/purposes")
def new_purpose(_: pytest.MonkeyPatch) -> Sample:
    return Sample(person("Sara", Role.STEWARD), data={"key": "billing", "name": "Billing"})


@sample("POST", f"{API}/purposes/<uuid:uuid>/retire")
def retire_purpose(_: pytest.MonkeyPatch) -> Sample:
    made = add_purpose(key="billing", name="Billing", description="", actor=TESTS)
    return Sample(person("Sara", Role.STEWARD), path={"uuid": made.uuid})


@sample("POST", f"{API}/access-requests")
def submit(patch: pytest.MonkeyPatch) -> Sample:
    found = asking(patch)
    data = {
        "items": [{"dataset": str(found.company.orders.uuid), "columns": ["id", "email"]}],
        "purpose": "service",
        "justification": "To answer customers.",
        "until": found.until.isoformat(),
    }
    return Sample(found.company.anna, data=data)


@sample("POST", f"{API}/access-requests/<uuid:uuid>/withdraw")
def withdraw(patch: pytest.MonkeyPatch) -> Sample:
    found = asking(patch)
    return Sample(found.company.anna, path={"uuid": found.ask().uuid})


def with_rows(patch: pytest.MonkeyPatch) -> Asking:
    """The same, and the double shows a row to whoever decides."""
    shown = Preview(("id",), frozenset(), (("1",),), 1, 1)
    patch.setattr(MemoryTarget, "preview", lambda *_: shown, raising=False)
    return asking(patch)


@sample("POST", f"{API}/access-requests/<uuid:uuid>/preview")
def preview(patch: pytest.MonkeyPatch) -> Sample:
    found = with_rows(patch)
    data = {"dataset": str(found.company.orders.uuid), "terms": {}}
    return Sample(found.company.orders.owner, path={"uuid": found.ask().uuid}, data=data)


@sample("POST", f"{API}/grants/<uuid:uuid>/end")
@sample("POST", f"{API}/grants/<uuid:uuid>/ask-again")
def about_a_grant(patch: pytest.MonkeyPatch) -> Sample:
    found = asking(patch)
    return Sample(found.company.anna, path={"uuid": found.grant().uuid})


@sample("POST", f"{API}/grants/<uuid:uuid>/renew")
def renew(patch: pytest.MonkeyPatch) -> Sample:
    found = asking(patch)
    until = (found.until + timedelta(days=20)).isoformat()
    data = {"until": until, "justification": "Still answering customers."}
    return Sample(found.company.anna, path={"uuid": found.grant().uuid}, data=data)


@sample("POST", "/ask")
def ask_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    found = asking(patch)
    uuid = found.company.orders.uuid
    data = {
        "dataset": str(uuid),
        f"rows-{uuid}": "",
        f"columns-{uuid}": ["id", "email"],
        "purpose": "service",
        "justification": "To answer customers.",
        "days": "30",
    }
    return Sample(found.company.anna, data=data)


changes_nothing("POST", "/ask/draft", "It shows what would come of what is filled in.")


@sample("POST", "/requests/<uuid:uuid>/withdraw")
def withdraw_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    found = asking(patch)
    return Sample(found.company.anna, path={"uuid": found.ask().uuid})


@sample("POST", "/grants/<uuid:uuid>/end")
@sample("POST", "/grants/<uuid:uuid>/ask-again")
def about_a_grant_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    found = asking(patch)
    return Sample(found.company.anna, path={"uuid": found.grant().uuid})


@sample("POST", "/grants/<uuid:uuid>/renew")
def renew_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    found = asking(patch)
    data = {"days": "50", "justification": "Still answering customers."}
    return Sample(found.company.anna, path={"uuid": found.grant().uuid}, data=data)


@sample("POST", "/grants/<uuid:uuid>/rows")
def rows_of_a_grant(patch: pytest.MonkeyPatch) -> Sample:
    found = with_rows(patch)
    return Sample(found.company.anna, path={"uuid": found.grant().uuid})
