"""Findings as a measurement makes them."""

from datetime import UTC, datetime
from typing import Any

from apps.findings import services
from apps.findings.services import Measured, Observed
from apps.identity.models import Domain
from tests.people import TESTS

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
KIND = "tests.kind"


def seen(
    key: str, *, severity: str = "high", domain: Domain | None = None, **more: Any
) -> Observed:
    """One thing that is wrong."""
    said: dict[str, Any] = {
        "subject": f"dataset:warehouse/sales.{key}",
        "title": f"{key} can be read by everybody",
        "text": "PUBLIC holds SELECT.",
        "remedy": "Adopt or remove the grant.",
        "evidence": {"grantee": "PUBLIC", "rows": 3},
    }
    return Observed(key=key, severity=severity, domain=domain, **(said | more))


def measure(*observed: Observed, at: datetime = AT, scope: str = "source:warehouse") -> Measured:
    """One complete look."""
    return services.measure(kind=KIND, scope=scope, observed=observed, at=at, actor=TESTS)
