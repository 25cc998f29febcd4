"""Findings as somebody may see them."""

from collections.abc import Iterable

from django.db.models import Count, QuerySet

from apps.core.refs import Ref
from apps.findings.models import Finding, FindingQuerySet, Severity
from apps.identity import selectors as identity
from apps.identity.models import User


def visible_to(user: User) -> FindingQuerySet:
    """Findings in the domains that this user looks after."""
    found: FindingQuerySet = Finding.objects.select_related("domain").filter(
        identity.within_reach(user, "findings.view")
    )
    return found


def open_about(subjects: Iterable[Ref]) -> QuerySet[Finding]:
    """What is wrong now with any of these."""
    return Finding.objects.filter(subject__in=list(subjects), state=Finding.State.OPEN)


def critical(user: User) -> FindingQuerySet:
    """The open findings that this user must not overlook, the oldest first."""
    worst = visible_to(user).filter(state=Finding.State.OPEN, severity=Severity.CRITICAL)
    return worst.worst_first()


def kinds(findings: FindingQuerySet) -> list[str]:
    """The kinds that occur among these findings, in order."""
    return list(findings.order_by("kind").values_list("kind", flat=True).distinct())


def open_by_severity(user: User) -> dict[str, int]:
    """How many open findings of each severity this user can see."""
    rows = visible_to(user).filter(state=Finding.State.OPEN).order_by()
    return dict(rows.values_list("severity").annotate(Count("id")))
