"""Who may answer in a stage, worked out when it is asked, from today's roles and teams."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, prefetch_related_objects

from apps.approvals.models import Approval, Delegation, Reviewer, Stage
from apps.approvals.specs import StageSpec
from apps.identity import selectors as identity
from apps.identity.models import Domain, User
from apps.identity.permissions import Role


@dataclass(frozen=True, slots=True)
class Seat:
    """The right to answer in a stage, one's own or lent by `on_behalf_of`."""

    on_behalf_of: User | None = None


def open_stage(approval: Approval) -> Stage | None:
    """The stage whose reviewers are asked now."""
    return approval.stages.filter(state=Stage.State.OPEN).first()


def parties(approval: Approval) -> frozenset[int]:
    """Ids of those who gain by it: the requester, the beneficiary and who answers for it."""
    concerned: set[int | None] = {approval.requested_by_id}
    if approval.beneficiary is not None:
        concerned |= {approval.beneficiary.pk, approval.beneficiary.owner_id}
    return frozenset(pk for pk in concerned if pk is not None)


def is_party(user: User, approval: Approval) -> bool:
    """Whether this user gains by the approval and so may not decide it."""
    return user.pk in parties(approval)


def named(stage: Stage) -> frozenset[int]:
    """Ids of the active people whom the stage's reviewers mean today, parties left out."""
    found: set[int] = set()
    for reviewer in stage.reviewers.select_related("domain"):
        found.update(_meant(reviewer).values_list("pk", flat=True))
    return frozenset(found) - parties(stage.approval)


def seated(stage: Stage) -> frozenset[int]:
    """Ids of the people who may answer in their own right.

    When too few are left for the stage ever to pass, administrators are asked as well.
    """
    return seated_in([stage])[stage.pk]


def seated_in(stages: Iterable[Stage]) -> dict[int, frozenset[int]]:
    """The same for several stages, by id; whom a reviewer means is looked up once."""
    meant: dict[tuple[object, ...], frozenset[int]] = {}
    found: dict[int, frozenset[int]] = {}
    asked = list(stages)
    prefetch_related_objects(asked, "reviewers__domain")
    for stage in asked:
        people = frozenset[int]()
        for reviewer in stage.reviewers.all():
            key = (reviewer.user_id, reviewer.team_id, reviewer.role, reviewer.domain_id)
            if key not in meant:
                meant[key] = frozenset(_meant(reviewer).values_list("pk", flat=True))
            people |= meant[key]
        people -= parties(stage.approval)
        if len(people) < stage.needed:
            admins = meant.get(()) or _admins()
            meant[()] = admins
            people |= admins - parties(stage.approval)
        found[stage.pk] = people
    return found


def _admins() -> frozenset[int]:
    return frozenset(identity.holders(Role.ADMIN, None).values_list("pk", flat=True))


def expected(
    stage: StageSpec, requester: User, beneficiary: User, domain: Domain | None
) -> frozenset[int]:
    """Ids of the people who could answer if this were asked for now, parties left out."""
    concerned = {requester.pk, beneficiary.pk, beneficiary.owner_id}
    found: set[int] = set()
    for spec in stage.reviewers:
        reviewer = Reviewer(
            user=spec.user,
            team=spec.team,
            role=spec.role or "",
            domain=(spec.domain or domain) if spec.role else None,
        )
        found.update(_meant(reviewer).values_list("pk", flat=True))
    if len(found - concerned) < stage.needed:
        found |= _admins()
    return frozenset(found) - concerned


def seat_of(user: User, stage: Stage, at: datetime) -> Seat | None:
    """The seat this user has in the stage at that instant: their own before one lent to them.

    A seat is lent by somebody who holds it in their own right; what was lent is not lent on.
    """
    if not user.is_active or is_party(user, stage.approval):
        return None
    people = seated(stage)
    if user.pk in people:
        return Seat()
    lent = standing_to(user, at).filter(covers(stage.approval), giver__in=people)
    givers = User.objects.filter(pk__in=lent.values("giver")).order_by("pk")
    spoken = Q(verdicts__stage=stage) | Q(verdicts_by_others__stage=stage)
    giver = givers.exclude(pk__in=User.objects.filter(spoken).values("pk")).first()
    return Seat(on_behalf_of=giver) if giver else None


def may_decide(user: User, approval: Approval, at: datetime) -> bool:
    """Whether this user's answer would be taken now."""
    if not approval.is_pending or approval.deadline <= at:
        return False
    stage = open_stage(approval)
    if stage is None or has_spoken(user, stage):
        return False
    return seat_of(user, stage, at) is not None


def has_spoken(user: User, stage: Stage) -> bool:
    """Whether this user answered in the stage, or somebody did for them."""
    return stage.verdicts.filter(Q(by=user) | Q(on_behalf_of=user)).exists()


def standing_to(user: User, at: datetime) -> QuerySet[Delegation]:
    """The delegations by which this user may answer for somebody active at that instant."""
    standing = Delegation.objects.filter(
        taker=user, valid_from__lte=at, until__gt=at, ended_at=None, giver__is_active=True
    )
    return standing.select_related("giver").order_by("giver", "pk")


def covers(approval: Approval) -> Q:
    """The condition on a delegation that it is about this approval."""
    return Q(kind__in=("", approval.kind)) & (Q(domain=None) | Q(domain=approval.domain_id))


def _meant(reviewer: Reviewer) -> QuerySet[User]:
    if reviewer.role:
        return identity.holders(reviewer.role, reviewer.domain)
    if reviewer.team_id:
        return User.objects.filter(memberships__team=reviewer.team_id, is_active=True)
    if reviewer.user_id is None:
        return User.objects.none()
    return User.objects.filter(pk=reviewer.user_id, is_active=True)
