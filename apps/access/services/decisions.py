"""What happens when an approval of kind `access.request` is decided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.access.models import AccessRequest, Grant
from apps.access.reconsider import request_of, routed_again
from apps.access.selectors.consequence import consequence_of
from apps.access.services.grants import end_grant, make_grant
from apps.access.services.requests import close_request
from apps.approvals.models import Approval
from apps.core.actors import Actor


class RequestKind:
    """Rechecks and carries out decisions about access requests, in their transaction."""

    def recheck(
        self, approval: Approval, terms: Mapping[str, Any], at: datetime, actor: Actor
    ) -> None:
        """Raise when it may no longer be given, is not narrower, or the system refuses it."""
        consequence_of(request_of(approval), terms, at)

    def decided(
        self,
        approval: Approval,
        approved: bool,
        terms: Mapping[str, Any],
        at: datetime,
        actor: Actor,
    ) -> None:
        """Close the request; when approved, make its grants on the narrowed terms."""
        request = request_of(approval)
        if not approved:
            state = _closing_state(approval)
            close_request(request=request, state=state, at=at, actor=actor)
            return
        for routed in routed_again(request, terms, at):
            make_grant(request=request, routed=routed, at=at, actor=actor)
        if request.renews and request.renews.ended_at is None:
            end_grant(grant=request.renews, reason=Grant.EndReason.SUPERSEDED, at=at, actor=actor)
        close_request(request=request, state=AccessRequest.State.APPROVED, at=at, actor=actor)


def _closing_state(approval: Approval) -> AccessRequest.State:
    return AccessRequest.State(approval.state)
