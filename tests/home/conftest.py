"""The company in which Anna asks for orders and the owner decides."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.access.models import AccessRequest, Purpose
from apps.access.routes import Asked
from apps.access.services.requests import submit_request
from tests.access.conftest import asking, purpose
from tests.policies.conftest import Company, company, known_purposes

__all__ = ["asking", "company", "known_purposes", "purpose"]


def ask(company: Company, purpose: Purpose, *, days: int = 60) -> AccessRequest:
    """Anna asks for id and e-mail of the orders from today."""
    now: datetime = timezone.now()
    return submit_request(
        requester=company.anna,
        beneficiary=company.anna,
        items=[Asked(company.orders, frozenset({"id", "email"}))],
        purpose=purpose,
        justification="To answer <customers>.",
        ticket="SUP-12",
        until=now + timedelta(days=days),
        at=now,
        actor=company.anna,
    )


@pytest.fixture
def asked(asking: Company, purpose: Purpose) -> AccessRequest:
    """The request, waiting for the owner."""
    return ask(asking, purpose)
