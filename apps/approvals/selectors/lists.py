"""Approvals by what they are to somebody: to decide, waiting, decided."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from apps.approvals.models import Approval, Delegation, Reviewer, Stage, Verdict
from apps.approvals.selectors.seats import standing_to
from apps.core.errors import NotFound
from apps.identity import selectors as identity
from apps.identity.models import User
from apps.identity.permissions import Role


def inbox(user: User, at: datetime) -> QuerySet[Approval]:
    """What waits for this user's answer at that instant."""
    stages = Stage.objects.filter(approval=OuterRef("pk"), state=Stage.State.OPEN)
    silent = stages.filter(~Exists(_spoken(user)))
    own = Q(Exists(silent.filter(_seat(user))))
    lent = Q(pk__in=[])
    for one in standing_to(user, at):
        seat = silent.filter(_seat(one.giver), ~Exists(_spoken(one.giver)))
        lent |= Q(Exists(seat)) & ~_gains(one.giver) & _within(one.domain_id, one.kind)
    return (
        Approval.objects.filter(own | lent, state=Approval.State.PENDING, deadline__gt=at)
        .exclude(_gains(user))
        .select_related("requested_by", "beneficiary", "domain")
        .order_by("deadline", "id")
    )


def waiting(user: User) -> QuerySet[Approval]:
    """Pending, and it is not this user's turn: they asked for it or have answered already."""
    return _listed().filter(
        Q(requested_by=user) | Q(Exists(_verdicts_of(user))), state=Approval.State.PENDING
    )


def decided(user: User) -> QuerySet[Approval]:
    """No longer pending, and this user asked for it or answered."""
    return (
        _listed()
        .filter(Q(requested_by=user) | Q(Exists(_verdicts_of(user))))
        .exclude(state=Approval.State.PENDING)
    )


def counts(user: User, at: datetime) -> dict[str, int]:
    """How many of each: `needs_you`, `waiting`, `decided`."""
    return {
        "needs_you": inbox(user, at).count(),
        "waiting": waiting(user).count(),
        "decided": decided(user).count(),
    }


def reviewable_by(user: User) -> QuerySet[Approval]:
    """Whose route names this user, in any stage and state, or whoever lends them a seat now."""
    standing = Delegation.objects.filter(
        taker=user, valid_from__lte=Now(), until__gt=Now(), ended_at=None, giver__is_active=True
    ).select_related("giver")
    stages = Stage.objects.filter(approval=OuterRef("pk"))
    on_route = Q(Exists(stages.filter(_seat(user)))) | Q(Exists(_verdicts_of(user)))
    for one in standing:
        seat = stages.filter(_seat(one.giver))
        on_route |= Q(Exists(seat)) & _within(one.domain_id, one.kind)
    return Approval.objects.filter(on_route)


def visible_to(user: User) -> QuerySet[Approval]:
    """What this user asked for, gains by, reviews or oversees."""
    return _listed().filter(
        Q(requested_by=user)
        | Q(beneficiary=user)
        | Q(pk__in=reviewable_by(user).values("pk"))
        | identity.within_reach(user, "access.view_all")
    )


def approval_of(uuid: UUID | None) -> Approval:
    """The approval with this uuid. Raises NotFound when there is none."""
    found = None if uuid is None else _listed().filter(uuid=uuid).first()
    if found is None:
        raise NotFound("There is no such approval.")
    return found


def escalated() -> QuerySet[Stage]:
    """Open stages on which too few reviewers were last seen."""
    return Stage.objects.filter(
        state=Stage.State.OPEN,
        escalated_at__isnull=False,
        approval__state=Approval.State.PENDING,
    ).select_related("approval__domain")


def delegations_of(user: User) -> QuerySet[Delegation]:
    """Delegations that this user gave or was given."""
    found = Delegation.objects.filter(Q(giver=user) | Q(taker=user))
    return found.select_related("giver", "taker", "domain")


def passed_on(
    giver: User, taker: User | None, domain: int | None, kind: str, at: datetime
) -> QuerySet[Approval]:
    """What waits for the giver now and the taker could answer in their place, so lent.

    `domain` is an id, None for every domain; an empty `kind` is every kind.
    """
    found = inbox(giver, at).filter(_within(domain, kind))
    return found.exclude(_gains(taker)) if taker else found


def _listed() -> QuerySet[Approval]:
    return Approval.objects.select_related("requested_by", "beneficiary", "domain")


def _verdicts_of(user: User) -> QuerySet[Verdict]:
    return Verdict.objects.filter(stage__approval=OuterRef("pk"), by=user)


def _spoken(user: User) -> QuerySet[Verdict]:
    return Verdict.objects.filter(Q(by=user) | Q(on_behalf_of=user), stage=OuterRef("pk"))


def _gains(user: User) -> Q:
    return Q(requested_by=user) | Q(beneficiary=user) | Q(beneficiary__owner=user)


def _seat(user: User) -> Q:
    """The condition on a stage that this user is on it in their own right."""
    roles = identity.remembered_roles_of(user)
    seats = Reviewer.objects.filter(
        Q(user=user) | Q(team__memberships__user=user) | _any(_role(held) for held in roles),
        stage=OuterRef("pk"),
    )
    condition = Q(Exists(seats))
    if any(held.role == Role.ADMIN for held in roles):
        condition |= Q(escalated_at__isnull=False)
    return condition


def _within(domain: int | None, kind: str) -> Q:
    """The condition on an approval that a delegation for this domain and kind is about it."""
    condition = Q(pk__isnull=False)
    if kind:
        condition &= Q(kind=kind)
    return condition if domain is None else condition & Q(domain=domain)


def _role(held: identity.HeldRole) -> Q:
    if held.domain is None:
        return Q(role=held.role)
    return Q(role=held.role, domain=held.domain)


def _any(conditions: Iterable[Q]) -> Q:
    result = Q(pk__in=[])
    for condition in conditions:
        result |= condition
    return result
