"""The rows of the inbox: three tabs, grouped by when an answer is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.access.models import AccessRequest
from apps.approvals import selectors as approvals
from apps.approvals.models import Approval
from apps.identity.models import User

SHOWN = 100
"""Rows of a tab at most."""
TABS: tuple[tuple[str, str | Promise], ...] = (
    ("needs_you", _("Needs you")),
    ("waiting", _("Waiting")),
    ("decided", _("Decided")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One approval as a line: who, what, why, and when it is due."""

    approval: Approval
    who: str
    service: bool
    why: str
    url: str
    soon: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under one heading."""

    label: str | Promise
    rows: list[Row]


def tab_of(name: str | None) -> str:
    """The tab with this name, the first for any other."""
    return name if name in dict(TABS) and name else TABS[0][0]


def segments(user: User, tab: str, at: datetime) -> list[dict[str, object]]:
    """The tabs as links with how many rows each has."""
    numbers = approvals.counts(user, at)
    return [
        {
            "label": label,
            "url": f"{reverse('home:inbox')}?tab={name}",
            "count": numbers[name],
            "current": name == tab,
        }
        for name, label in TABS
    ]


def sections(user: User, tab: str, at: datetime, current: Approval | None) -> list[Section]:
    """The rows of a tab; those that are due soonest come first."""
    found = list(_found(user, tab, at).select_related("requested_by", "beneficiary")[:SHOWN])
    reasons = _reasons(found)
    rows = [_row(one, reasons.get(one.uuid, ""), tab, at, current) for one in found]
    if tab == "decided":
        return [Section(_("Decided"), rows)] if rows else []
    return _grouped(rows, at)


def _found(user: User, tab: str, at: datetime) -> QuerySet[Approval]:
    if tab == "decided":
        return approvals.decided(user).order_by("-decided_at", "-id")
    if tab == "waiting":
        return approvals.waiting(user).order_by("deadline", "id")
    return approvals.inbox(user, at)


def _reasons(found: Iterable[Approval]) -> dict[object, str]:
    asked = AccessRequest.objects.filter(approval__in=[one.uuid for one in found])
    return dict(asked.values_list("approval", "justification"))


def _row(one: Approval, why: str, tab: str, at: datetime, current: Approval | None) -> Row:
    person = one.beneficiary or one.requested_by
    return Row(
        approval=one,
        who=person.name,
        service=person.owner_id is not None,
        why=why,
        url=f"{reverse('home:approval', args=[one.uuid])}?tab={tab}",
        soon=one.is_pending and one.deadline - at < timedelta(hours=6),
        current=one == current,
    )


def _grouped(rows: list[Row], at: datetime) -> list[Section]:
    today = timezone.localdate(at)
    week = today + timedelta(days=7)
    groups: list[Section] = [
        Section(_("Due today"), []),
        Section(_("Due this week"), []),
        Section(_("Later"), []),
    ]
    for row in rows:
        due = timezone.localdate(row.approval.deadline)
        groups[0 if due <= today else 1 if due < week else 2].rows.append(row)
    return [group for group in groups if group.rows]
