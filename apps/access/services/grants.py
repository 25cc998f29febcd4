"""Grants: made by a decision, ended by time, by a person or by lost eligibility."""

from datetime import datetime

from django.db import transaction

from apps.access.compile import rule_of
from apps.access.events import GRANT_CHANGED
from apps.access.models import AccessRequest, Grant
from apps.access.routes import Asked, Routed, draft_grant, route_item
from apps.access.services.requests import submit_request
from apps.audit import services as audit
from apps.core import events
from apps.core.actors import Actor
from apps.core.errors import Conflict, Refused
from apps.enforcement import services as enforcement
from apps.identity.models import User
from apps.semantics import codec


@transaction.atomic
def make_grant(*, request: AccessRequest, routed: Routed, at: datetime, actor: Actor) -> Grant:
    """Give what was decided and declare it, inside the decision's transaction."""
    grant = draft_grant(routed.account, routed.asked.dataset, routed.terms, request.purpose, at)
    grant.pk = None
    grant.request = request
    grant.save(force_insert=True)
    enforcement.declare(owner=grant.ref, system=grant.system, rules=(rule_of(grant),), actor=actor)
    audit.record(
        action="access.make_grant", subject=grant.ref, after=as_audited(grant), actor=actor
    )
    events.announce(GRANT_CHANGED, grant.ref)
    return grant


@transaction.atomic
def end_grant(*, grant: Grant, reason: Grant.EndReason, at: datetime, actor: Actor) -> Grant:
    """End a grant: its rules are withdrawn, and the live system is asked whether it is gone.

    Raises Conflict when it has ended already.
    """
    grant = Grant.objects.select_for_update().get(pk=grant.pk)
    if grant.ended_at is not None:
        raise Conflict(f"{grant.key} ended already: {grant.get_end_reason_display().lower()}.")
    grant.ended_at = at
    grant.end_reason = reason
    grant.save(update_fields=["ended_at", "end_reason"])
    enforcement.withdraw(owner=grant.ref, actor=actor)
    audit.record(
        action="access.end_grant",
        subject=grant.ref,
        before={"ended_at": None},
        after={"ended_at": at.isoformat(), "reason": reason},
        actor=actor,
    )
    events.announce(GRANT_CHANGED, grant.ref)
    return grant


@transaction.atomic
def renew_grant(
    *,
    grant: Grant,
    requester: User,
    justification: str,
    until: datetime,
    at: datetime,
    actor: Actor,
) -> AccessRequest:
    """Ask for the same again until a later instant; the old grant stays until it is decided."""
    if grant.ended_at is not None or grant.until <= at:
        raise Conflict(f"{grant.key} has ended; ask for the dataset anew.")
    if until <= grant.until:
        raise Conflict(f"{grant.key} lasts until {grant.until.isoformat()} already.")
    asked = Asked(
        dataset=grant.dataset,
        columns=frozenset(grant.columns),
        filter=codec.decode_filter(grant.filter),
    )
    return submit_request(
        requester=requester,
        beneficiary=grant.beneficiary,
        items=[asked],
        purpose=grant.purpose,
        justification=justification,
        until=until,
        at=at,
        ticket=grant.request.ticket,
        renews=grant,
        actor=actor,
    )


def expire_due(*, at: datetime, actor: Actor) -> list[Grant]:
    """End every grant whose time is over, one transaction each; returns those ended."""
    ended = []
    for grant in Grant.objects.due(at).order_by("until"):
        try:
            ended.append(end_grant(grant=grant, reason=Grant.EndReason.EXPIRED, at=at, actor=actor))
        except Conflict:
            continue
    return ended


def recheck_eligibility(*, user: User, at: datetime, actor: Actor) -> list[Grant]:
    """End the live grants that this person could no longer ask for; returns those ended."""
    ended = []
    live = Grant.objects.live(at).filter(beneficiary=user)
    for grant in live.select_related("dataset__system", "purpose", "account__user", "system"):
        if still_eligible(grant, at):
            continue
        try:
            ended.append(
                end_grant(grant=grant, reason=Grant.EndReason.INELIGIBLE, at=at, actor=actor)
            )
        except Conflict:
            continue
    return ended


def still_eligible(grant: Grant, at: datetime) -> bool:
    """Whether a request policy would still let this person ask for what the grant gives."""
    if not grant.beneficiary.is_active:
        return False
    asked = Asked(dataset=grant.dataset, columns=frozenset(grant.columns))
    try:
        route_item(grant.beneficiary, asked, grant.purpose, at, at)
    except Refused:
        return False
    return True


def as_audited(grant: Grant) -> dict[str, object]:
    """What the book keeps of a grant."""
    return {
        "request": grant.request.ref,
        "dataset": grant.dataset.ref,
        "beneficiary": grant.beneficiary.ref,
        "account": grant.account.role,
        "columns": list(grant.columns),
        "filter": grant.filter,
        "masks": grant.masks,
        "purpose": grant.purpose.ref,
        "starts_at": grant.starts_at.isoformat(),
        "until": grant.until.isoformat(),
    }
