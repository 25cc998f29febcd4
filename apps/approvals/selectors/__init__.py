"""Who may decide what, and what waits for whom."""

from apps.approvals.selectors.lists import (
    approval_of,
    counts,
    decided,
    delegations_of,
    escalated,
    inbox,
    passed_on,
    reviewable_by,
    visible_to,
    waiting,
)
from apps.approvals.selectors.outcome import decided_by, how_it_ended, laid_over, terms_so_far
from apps.approvals.selectors.seats import Seat, is_party, may_decide, seat_of, seated
from apps.approvals.selectors.steps import steps_of, turn_of, turns_of, would_decide

__all__ = [
    "Seat",
    "approval_of",
    "counts",
    "decided",
    "decided_by",
    "delegations_of",
    "escalated",
    "how_it_ended",
    "inbox",
    "is_party",
    "laid_over",
    "may_decide",
    "passed_on",
    "reviewable_by",
    "seat_of",
    "seated",
    "steps_of",
    "terms_so_far",
    "turn_of",
    "turns_of",
    "visible_to",
    "waiting",
    "would_decide",
]
