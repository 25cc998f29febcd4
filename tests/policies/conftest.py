"""A classified sales table behind the in-memory double, its people, and how they propose."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.approvals import services as approvals
from apps.approvals.models import Approval
from apps.catalog.models import Account, Dataset, Field, System, SystemRole, Tag, Tagging, TagState
from apps.enforcement import selectors as enforced
from apps.identity.models import Domain, User
from apps.policies import purposes
from apps.policies.models import Policy, PolicyVersion
from apps.policies.services import Proposal, propose_policy
from apps.semantics.rules import Rule
from tests import people
from tests.connectors.double import MemoryServer, MemoryTarget

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVERYONE = {"any_of": [{"kind": "everyone"}]}
EMAILS = {"tags": {"tag": "pii.email"}, "level": "column"}
ORDERS = {"datasets": [{"dataset": "warehouse/sales.orders"}]}
REDACT = {"function": "redact"}
IN_OWN_REGION = {"kind": "subject", "column": "region", "attribute": "region"}
OWNER_STAGE = {"name": "Owner", "needed": 1, "reviewers": [{"kind": "dataset_owner"}]}

COLUMNS = {
    "id": ("integer", "public.none"),
    "email": ("text", "pii.email"),
    "region": ("text", "public.none"),
    "note": ("text", None),
}


def request_terms(**more: Any) -> dict[str, Any]:
    """The definition of a request policy about everything classified, for everyone."""
    return {
        "subjects": EVERYONE,
        "resource": {"tags": {"at_least": "public"}, "level": "column"},
        "purposes": None,
        "stages": [OWNER_STAGE],
        "longest_days": 90,
        "decide_within_days": 7,
    } | more


@dataclass
class Company:
    """A system, its people, and short ways to do what these tests do again and again."""

    system: System
    server: MemoryServer
    orders: Dataset
    sales: Domain
    steward: User
    other_steward: User
    anna: User
    ben: User
    fields: dict[str, Field] = field(default_factory=dict)

    def propose(
        self, key: str, kind: str, definition: dict[str, Any], **more: Any
    ) -> PolicyVersion:
        """Propose a new policy as the steward."""
        actor = more.pop("actor", self.steward)
        at = more.pop("at", AT)
        proposal = Proposal(
            name=more.pop("name", key.capitalize()), kind=kind, definition=definition, **more
        )
        return propose_policy(key=key, proposal=proposal, reason="Needed.", at=at, actor=actor)

    def decide(self, version: PolicyVersion, answer: str = "approve", at: datetime = AT) -> Policy:
        """Answer a proposal as the other steward."""
        approval = Approval.objects.get(uuid=version.approval)
        approvals.decide(
            approval=approval,
            answer=answer,
            note="because",
            terms={},
            version=approval.version,
            at=at,
            actor=people.fresh(self.other_steward),
        )
        return Policy.objects.get(pk=version.policy_id)

    def enact(self, key: str, kind: str, definition: dict[str, Any], **more: Any) -> Policy:
        """Propose and approve."""
        return self.decide(self.propose(key, kind, definition, **more))

    def rules(self) -> tuple[Rule, ...]:
        """Every rule declared in the system."""
        return enforced.desired(self.system)

    def tag(self, column: str, key: str) -> None:
        """Confirm a tag on a column of the orders."""
        Tagging.objects.create(
            field=self.fields[column],
            tag=Tag.objects.get_or_create(key=key, defaults={"name": key})[0],
            state=TagState.CONFIRMED,
            decided_at=AT,
        )


@pytest.fixture(autouse=True)
def known_purposes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two purposes, whichever the app above keeps."""
    monkeypatch.setattr(purposes, "_sources", [lambda: ["audit", "service"]])


@pytest.fixture
def company(db: None, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The company, with nothing declared; jobs are rows that nobody runs."""
    return founded(monkeypatch)


def founded(monkeypatch: pytest.MonkeyPatch) -> Company:
    """Make the company's rows, and put the double in the place of its system."""
    server = MemoryServer()
    monkeypatch.setattr("apps.catalog.connections.target", lambda system: MemoryTarget(server))
    monkeypatch.setattr("apps.jobs.services.queue.wake", lambda: None)
    logins = {name: {"user": name, "secret": "env:NONE"} for name in ("scan", "apply", "probe")}
    system = System.objects.create(
        key="warehouse", name="Warehouse", connector="double", secrets=logins
    )
    sales = people.domain("sales")
    seen = AT - timedelta(days=1)
    owner = people.person("Olga Owner", "owner", domain=sales)
    orders = Dataset.objects.create(
        system=system,
        schema="sales",
        name="orders",
        kind="table",
        domain=sales,
        owner=owner,
        first_seen_at=seen,
        last_seen_at=seen,
    )
    company = Company(
        system=system,
        server=server,
        orders=orders,
        sales=sales,
        steward=people.person("Sara Steward", "steward"),
        other_steward=people.person("Otto Steward", "steward"),
        anna=people.person("Anna", "member"),
        ben=people.person("Ben", "member"),
    )
    pii = Tag.objects.create(key="pii", name="Personal", rank=10, personal=True)
    for key, terms in {
        "pii.email": {"rank": 20, "parent": pii},
        "public.none": {"rank": 0},
    }.items():
        Tag.objects.update_or_create(key=key, defaults={"name": key} | terms)
    for position, (name, (kind, tag)) in enumerate(COLUMNS.items(), 1):
        company.fields[name] = Field.objects.create(
            dataset=orders, name=name, position=position, type=kind
        )
        if tag:
            company.tag(name, tag)
    for user, region in ((company.anna, "EU"), (company.ben, "US")):
        user.attributes = {"region": region}
        user.save()
        role = user.name.lower()
        Account.objects.create(system=system, user=user, role=role)
        SystemRole.objects.create(system=system, name=role, login=True)
    return company
