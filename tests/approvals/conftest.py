"""A kind of approval that writes down what it hears, and the people around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.approvals import kinds, services
from apps.approvals.models import Approval
from apps.approvals.services import ReviewerSpec, StageSpec
from apps.core.actors import Actor
from apps.core.errors import Refused
from apps.identity.models import User
from tests.people import TESTS

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
KIND = "tests.kind"


@dataclass
class Ledger:
    """What the kind was told; `refuse` makes it raise, at a recheck or when carrying out."""

    heard: list[tuple[str, str, bool, dict[str, Any]]] = field(default_factory=list)
    refuse: str = ""

    def recheck(
        self, approval: Approval, terms: Mapping[str, Any], at: datetime, actor: Actor
    ) -> None:
        """Refuse when told to."""
        if self.refuse == "recheck":
            raise Refused("It may no longer be given.")

    def decided(
        self,
        approval: Approval,
        approved: bool,
        terms: Mapping[str, Any],
        at: datetime,
        actor: Actor,
    ) -> None:
        """Write it down, or refuse when told to."""
        if self.refuse == "decided":
            raise Refused("It cannot be carried out.")
        self.heard.append((approval.title, approval.state, approved, dict(terms)))


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """The kind, registered while the test lasts."""
    ledger = Ledger()
    kinds._kinds[KIND] = ledger
    yield ledger
    del kinds._kinds[KIND]


def ask(
    requester: User,
    *stages: StageSpec,
    beneficiary: User | None = None,
    deadline: datetime = AT + timedelta(days=3),
    **more: Any,
) -> Approval:
    """Open an approval of the tests' kind."""
    return services.open_approval(
        kind=KIND,
        subject="dataset:warehouse/sales.orders",
        title=more.pop("title", "Rita wants to read sales.orders"),
        requested_by=requester,
        beneficiary=beneficiary,
        stages=stages,
        deadline=deadline,
        domain=more.pop("domain", None),
        context={},
        actor=TESTS,
    )


def stage(*reviewers: User | ReviewerSpec, needed: int = 1, name: str = "Owner") -> StageSpec:
    """A stage with these reviewers."""
    specs = [r if isinstance(r, ReviewerSpec) else ReviewerSpec(user=r) for r in reviewers]
    return StageSpec(name=name, needed=needed, reviewers=specs)


def answer(
    approval: Approval,
    by: User,
    answer: str = "approve",
    *,
    note: str = "",
    terms: Mapping[str, Any] | None = None,
    version: int | None = None,
    at: datetime = AT,
) -> Approval:
    """Decide, upon the version there is unless another is named."""
    approval.refresh_from_db()
    return services.decide(
        approval=approval,
        answer=answer,
        note=note or ("no" if answer == "deny" else ""),
        terms=terms or {},
        version=approval.version if version is None else version,
        at=at,
        actor=by,
    )
