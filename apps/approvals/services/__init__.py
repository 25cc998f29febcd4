"""Opening, answering, withdrawing and closing approvals, and lending one's seat."""

from apps.approvals.services.closing import expire_overdue, look_at_routes, withdraw
from apps.approvals.services.deciding import decide
from apps.approvals.services.delegations import delegate, end_delegation
from apps.approvals.services.opening import open_approval
from apps.approvals.specs import ReviewerSpec, StageSpec

__all__ = [
    "ReviewerSpec",
    "StageSpec",
    "decide",
    "delegate",
    "end_delegation",
    "expire_overdue",
    "look_at_routes",
    "open_approval",
    "withdraw",
]
