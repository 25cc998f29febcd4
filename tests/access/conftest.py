"""The company of the policies' tests, where members may ask and the owner decides."""

from datetime import timedelta

import pytest

from apps.access.models import Purpose
from apps.access.services.purposes import add_purpose
from tests import people
from tests.policies.conftest import AT, OWNER_STAGE, Company, company, known_purposes, request_terms

__all__ = ["company", "known_purposes"]

UNTIL = AT + timedelta(days=30)
EMAIL_MASK = {"tags": {"tag": "pii.email"}, "mask": {"function": "redact"}}


@pytest.fixture
def purpose(db: None) -> Purpose:
    """A purpose that policies know."""
    return add_purpose(key="service", name="Service", description="", actor=people.TESTS)


@pytest.fixture
def asking(company: Company, purpose: Purpose) -> Company:
    """The company with a request policy: the owner decides, e-mail is redacted, 90 days."""
    company.enact(
        "ask",
        "request",
        request_terms(
            resource={"datasets": [{"dataset": "warehouse/sales.orders"}]},
            stages=[OWNER_STAGE],
            masks=[EMAIL_MASK],
        ),
    )
    return company
