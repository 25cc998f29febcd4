"""Lends one's seat to a colleague for a while, for instance during a holiday."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.approvals.kinds import known
from apps.approvals.models import Delegation
from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.identity.models import Domain, User

LONGEST = timedelta(days=90)


@transaction.atomic
def delegate(
    *,
    giver: User,
    taker: User,
    valid_from: datetime,
    until: datetime,
    reason: str,
    domain: Domain | None = None,
    kind: str = "",
    at: datetime,
    actor: Actor,
) -> Delegation:
    """Let `taker` answer in `giver`'s place from one instant to another.

    With a domain or a kind of approval, only for what is of that domain or kind.

    Raises Forbidden when somebody lends a seat that is not theirs, Invalid for impossible terms,
    Conflict when a delegation of as much to the same person stands in that time already.
    """
    giver = User.objects.select_for_update().get(pk=giver.pk)
    if actor.ref != giver.ref:
        raise Forbidden("You can lend only your own seat.")
    _is_possible(giver, taker, valid_from, until, reason=reason, at=at)
    _is_a_kind(kind)
    _is_not_lent(giver, taker, valid_from, until, domain=domain, kind=kind)
    delegation = Delegation.objects.create(
        giver=giver,
        taker=taker,
        valid_from=valid_from,
        until=until,
        domain=domain,
        kind=kind,
        reason=reason.strip(),
    )
    audit.record(
        action="approvals.delegate",
        subject=delegation.ref,
        after={
            "giver": giver.ref,
            "taker": taker.ref,
            "valid_from": valid_from.isoformat(),
            "until": until.isoformat(),
            "domain": domain.ref if domain else None,
            "kind": kind,
            "reason": delegation.reason,
        },
        actor=actor,
    )
    return delegation


@transaction.atomic
def end_delegation(*, delegation: Delegation, at: datetime, actor: Actor) -> Delegation:
    """Take one's seat back before its time.

    Raises Forbidden for anybody but the giver, Conflict when it has ended already.
    """
    delegation = Delegation.objects.select_for_update().get(pk=delegation.pk)
    if actor.ref != delegation.giver.ref:
        raise Forbidden(f"Only {delegation.giver.name} can take this seat back.")
    if delegation.ended_at is not None or delegation.until <= at:
        raise Conflict("This delegation has ended already.")
    delegation.ended_at = at
    delegation.save(update_fields=["ended_at"])
    audit.record(
        action="approvals.end_delegation",
        subject=delegation.ref,
        before={"ended_at": None},
        after={"ended_at": at.isoformat()},
        actor=actor,
    )
    return delegation


def _is_possible(
    giver: User, taker: User, valid_from: datetime, until: datetime, *, reason: str, at: datetime
) -> None:
    if taker == giver:
        raise Invalid("Name somebody else.", fields={"taker": "must be another person"})
    if not taker.is_active or taker.is_service:
        raise Invalid("Name a person who is here.", fields={"taker": "must be an active person"})
    if until <= max(valid_from, at):
        raise Invalid("It would end before it begins.", fields={"until": "must be later"})
    if until - valid_from > LONGEST:
        raise Invalid(
            f"A seat is lent for {LONGEST.days} days at most.",
            fields={"until": f"at most {LONGEST.days} days after the beginning"},
        )
    if not reason.strip():
        raise Invalid("Say why.", fields={"reason": "must not be empty"})


def _is_a_kind(kind: str) -> None:
    if kind and kind not in dict(known()):
        raise Invalid("There is no such kind of approval.", fields={"kind": "unknown"})


def _is_not_lent(
    giver: User,
    taker: User,
    valid_from: datetime,
    until: datetime,
    *,
    domain: Domain | None,
    kind: str,
) -> None:
    overlapping = Delegation.objects.filter(
        Q(domain=None) | Q(domain=domain),
        giver=giver,
        taker=taker,
        kind__in=("", kind),
        ended_at=None,
        valid_from__lt=until,
        until__gt=valid_from,
    )
    if overlapping.exists():
        raise Conflict(f"{taker.name} has your seat in that time already.")
