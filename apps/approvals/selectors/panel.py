"""Each stage of an approval with who has answered, who is still asked, and who stands in."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from apps.approvals.models import Approval, Delegation, Stage, Verdict
from apps.approvals.selectors.seats import covers, seated
from apps.identity.models import User

SHOWN = 8
"""So many of those who are asked are shown by name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody whose answer would be taken, and who may give it in their place now."""

    name: str
    you: bool
    stand_ins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One stage: `given` of `needed` approvals, the answers, and those who are still asked."""

    name: str
    needed: int
    given: int
    state: str
    escalated: bool
    verdicts: tuple[Verdict, ...]
    asked: tuple[Asked, ...]
    more: int

    @property
    def is_open(self) -> bool:
        """Whether its reviewers are asked now."""
        return self.state == Stage.State.OPEN

    @property
    def has_passed(self) -> bool:
        """Whether enough have approved."""
        return self.state == Stage.State.PASSED


def panels_of(approval: Approval, user: User, at: datetime) -> tuple[Panel, ...]:
    """The stages in their order, as this user may know them; nobody is asked once it is decided."""
    stages = approval.stages.select_related("approval__beneficiary").order_by("position")
    return tuple(_panel(stage, user, at) for stage in stages.prefetch_related("reviewers"))


def _panel(stage: Stage, user: User, at: datetime) -> Panel:
    verdicts = tuple(stage.verdicts.select_related("by", "on_behalf_of"))
    awaited = stage.approval.is_pending and stage.state != Stage.State.PASSED
    spoken = {one.by_id for one in verdicts} | {one.on_behalf_of_id for one in verdicts}
    people = seated(stage) - spoken if awaited else frozenset[int]()
    return Panel(
        name=stage.name,
        needed=stage.needed,
        given=sum(one.answer == Verdict.Answer.APPROVE for one in verdicts),
        state=stage.state,
        escalated=awaited and stage.escalated_at is not None,
        verdicts=verdicts,
        asked=_asked(stage, people, user, at),
        more=max(0, len(people) - SHOWN),
    )


def _asked(stage: Stage, people: Collection[int], user: User, at: datetime) -> tuple[Asked, ...]:
    """The user first, the others by name."""
    found = sorted(
        User.objects.filter(pk__in=people), key=lambda one: (one.pk != user.pk, one.name)
    )
    lent: dict[int, list[str]] = defaultdict(list)
    standing = Delegation.objects.filter(
        covers(stage.approval), giver__in=people, valid_from__lte=at, until__gt=at, ended_at=None
    )
    for one in standing.select_related("taker").order_by("taker__name"):
        if one.taker.is_active and one.taker_id not in people:
            lent[one.giver_id].append(one.taker.name)
    return tuple(Asked(one.name, one.pk == user.pk, tuple(lent[one.pk])) for one in found[:SHOWN])
