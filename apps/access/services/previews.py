"""Shows an approver live rows as the requester would see them, and writes down that it did."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.access.compile import rule_of
from apps.access.models import AccessRequest
from apps.access.reconsider import routed_again
from apps.access.routes import Routed, decision_for, draft_grant
from apps.audit import services as audit
from apps.catalog import connections
from apps.catalog import selectors as catalog
from apps.connectors.contracts import Preview, Unreachable
from apps.connectors.contracts import Refused as ConnectorRefused
from apps.core.actors import Actor
from apps.core.errors import NotFound, Refused, Unavailable
from apps.enforcement import selectors as enforcement
from apps.identity.models import User
from apps.semantics.viewing import as_seen_by

ROWS = 5
"""Rows shown; enough to recognise, too few to copy."""


@transaction.atomic
def preview_item(
    *,
    request: AccessRequest,
    dataset_uuid: str,
    terms: Mapping[str, Any],
    viewer: User,
    at: datetime,
    actor: Actor,
) -> Preview:
    """A few live rows of one item under the strictest of the requester's and viewer's masks.

    Read-only, limited and timed out by the connector; the values are shown and never kept, the
    look itself is in the book. Raises NotFound, Refused or Unavailable.
    """
    routed = _routed(request, dataset_uuid, terms, at)
    draft = draft_grant(routed.account, routed.asked.dataset, routed.terms, request.purpose, at)
    rules = (*enforcement.desired(draft.system), rule_of(draft))
    own = catalog.account_of(viewer, draft.system)
    decision = as_seen_by(
        decision_for(draft, rules, at),
        rules=rules,
        viewer=own.role if own else "",
        at=at,
    )
    audit.record(
        action="access.preview_rows",
        subject=request.ref,
        detail={"dataset": draft.dataset.ref, "viewer": viewer.ref, "rows": ROWS},
        actor=actor,
    )
    target = connections.target(draft.system)
    try:
        shown: Preview = target.preview(decision, catalog.shape_of(draft.dataset), ROWS)
    except ConnectorRefused as refused:
        raise Refused(str(refused)) from refused
    except Unreachable as unreachable:
        raise Unavailable(f"{draft.system.name} did not answer: {unreachable}") from unreachable
    return shown


def _routed(
    request: AccessRequest, dataset_uuid: str, terms: Mapping[str, Any], at: datetime
) -> Routed:
    for routed in routed_again(request, terms, at):
        if str(routed.asked.dataset.uuid) == dataset_uuid:
            return routed
    raise NotFound("This request does not ask for that dataset.")
