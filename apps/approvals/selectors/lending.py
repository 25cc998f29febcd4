"""Seats lent and borrowed, each with what it is about and how much waits because of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.approvals.kinds import label_of
from apps.approvals.models import Delegation
from apps.approvals.selectors.lists import delegations_of, passed_on
from apps.identity.models import Domain, User

REMEMBERED = 20
"""So many of those that are over are shown."""
NAMED = 5
"""So many of the things that wait are called by their title."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A seat lent: what about, whether it has begun, and how much waits that the taker may answer.

    What waits for one that has not begun is what would be passed on today.
    """

    delegation: Delegation
    about: str
    begun: bool
    waiting: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What lending a seat so would do now: what about, and what would wait for the taker too."""

    about: str
    waiting: int
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seats:
    """One person's seats: lent to others, borrowed from others, and those that are over."""

    given: tuple[Lent, ...]
    taken: tuple[Lent, ...]
    over: tuple[Lent, ...]


def seats_of(user: User, at: datetime) -> Seats:
    """Every delegation that concerns this user, the ones that end soonest first."""
    found = delegations_of(user)
    standing = found.filter(ended_at=None, until__gt=at).order_by("until", "pk")
    over = found.filter(Q(ended_at__isnull=False) | Q(until__lte=at)).order_by("-until", "-pk")
    return Seats(
        given=tuple(_lent(one, at) for one in standing if one.giver_id == user.pk),
        taken=tuple(_lent(one, at) for one in standing if one.taker_id == user.pk),
        over=tuple(Lent(one, about(one.domain, one.kind), True, 0) for one in over[:REMEMBERED]),
    )


def effect_of(
    giver: User, taker: User | None, domain: Domain | None, kind: str, at: datetime
) -> Effect:
    """What lending one's seat so would do, were it done at that instant."""
    found = passed_on(giver, taker, domain.pk if domain else None, kind, at)
    titles = found.values_list("title", flat=True)[:NAMED]
    return Effect(about(domain, kind), found.count(), tuple(titles))


def about(domain: Domain | None, kind: str) -> str:
    """What a seat is lent for, in words."""
    if domain is None:
        return str(label_of(kind)) if kind else _("Everything")
    if not kind:
        return _("Everything in %(domain)s") % {"domain": domain.name}
    return _("%(kind)s in %(domain)s") % {"kind": label_of(kind), "domain": domain.name}


def _lent(one: Delegation, at: datetime) -> Lent:
    waiting = passed_on(one.giver, one.taker, one.domain_id, one.kind, at)
    return Lent(one, about(one.domain, one.kind), one.valid_from <= at, waiting.count())
