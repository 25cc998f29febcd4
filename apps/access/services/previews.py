"""Shows an approver live rows as the requester would see them, and writes down that it did."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.access.compile import rule_of
from apps.access.models import AccessRequest, Grant
from apps.access.reconsider import routed_again
from apps.access.routes import Routed, decision_for, draft_grant
from apps.audit import services as audit
from apps.catalog import connections
from apps.catalog import selectors as catalog
from apps.connectors.contracts import Preview
from apps.core.actors import Actor
from apps.core.errors import Conflict, NotFound
from apps.core.refs import Ref
from apps.enforcement import selectors as enforcement
from apps.identity.models import User
from apps.semantics.rules import Rule
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
    rules = (*enforcement.rules_on(draft.dataset), rule_of(draft))
    return _shown(draft, rules, subject=request.ref, viewer=viewer, at=at, actor=actor)


@transaction.atomic
def preview_grant(*, grant: Grant, viewer: User, at: datetime, actor: Actor) -> Preview:
    """A few live rows as the grant's holder sees them, under the viewer's own masks as well.

    As `preview_item`. Raises Conflict when the grant has ended, Refused or Unavailable.
    """
    if grant.ended_at is not None or grant.until <= at:
        raise Conflict(f"{grant.key} has ended; there is nothing to see by it any more.")
    rules = enforcement.rules_on(grant.dataset)
    return _shown(grant, rules, subject=grant.ref, viewer=viewer, at=at, actor=actor)


def _shown(
    grant: Grant, rules: Sequence[Rule], *, subject: Ref, viewer: User, at: datetime, actor: Actor
) -> Preview:
    own = catalog.account_of(viewer, grant.system)
    decision = as_seen_by(
        decision_for(grant, rules, at),
        rules=rules,
        viewer=own.role if own else "",
        at=at,
    )
    audit.record(
        action="access.preview_rows",
        subject=subject,
        detail={"dataset": grant.dataset.ref, "viewer": viewer.ref, "rows": ROWS},
        actor=actor,
    )
    with connections.answering(grant.system):
        target = connections.target(grant.system)
        shown: Preview = target.preview(decision, catalog.shape_of(grant.dataset), ROWS)
    return shown


def _routed(
    request: AccessRequest, dataset_uuid: str, terms: Mapping[str, Any], at: datetime
) -> Routed:
    for routed in routed_again(request, terms, at):
        if str(routed.asked.dataset.uuid) == dataset_uuid:
            return routed
    raise NotFound("This request does not ask for that dataset.")
