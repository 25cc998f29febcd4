"""The way of an approval as steps: who was asked, who answered, whose turn it is."""

from collections.abc import Collection, Iterable, Mapping

from django.utils.translation import gettext as _

from apps.approvals.models import Approval, Stage
from apps.approvals.selectors.seats import expected, seated, seated_in
from apps.approvals.specs import StageSpec
from apps.identity.models import Domain, User

NAMED = 3
"""So many people are called by name; the others are counted."""


def steps_of(approval: Approval, user: User) -> list[dict[str, object]]:
    """From asking to the last stage, as the stepper component shows it to this user."""
    asked: dict[str, object] = {"label": _("Asked"), "note": approval.requested_by.name}
    stages = approval.stages.order_by("position")
    return [asked | {"state": "done"}, *(_step(stage, approval, user) for stage in stages)]


def turn_of(approval: Approval, user: User) -> str:
    """Whose answer is awaited, by name; empty when nobody's is."""
    return turns_of([approval], user).get(approval.pk, "")


def turns_of(approvals: Iterable[Approval], user: User) -> dict[int, str]:
    """Whose answers these approvals await, by id; those that await none are left out."""
    pending = [approval.pk for approval in approvals if approval.is_pending]
    stages = list(
        Stage.objects.filter(approval__in=pending, state=Stage.State.OPEN).select_related(
            "approval__beneficiary"
        )
    )
    people = seated_in(stages)
    known = User.objects.in_bulk(set().union(*people.values()))
    return {stage.approval_id: _named(people[stage.pk], known, user) for stage in stages}


def would_decide(
    stage: StageSpec, *, requester: User, beneficiary: User, domain: Domain | None
) -> str:
    """Who could answer in a stage if it were asked for now, by name."""
    return naming(expected(stage, requester, beneficiary, domain), requester)


def naming(people: Collection[int], user: User) -> str:
    """These people by name, this user as “You”."""
    return _named(people, User.objects.in_bulk(people), user)


def _named(people: Collection[int], known: Mapping[int, User], user: User) -> str:
    others = sorted(known[pk].name for pk in people if pk != user.pk)
    names = [*([_("You")] if user.pk in people else []), *others[:NAMED]]
    more = len(people) - len(names)
    return ", ".join(names) + (_(" and %(more)d more") % {"more": more} if more > 0 else "")


def _step(stage: Stage, approval: Approval, user: User) -> dict[str, object]:
    answers = stage.verdicts.select_related("by")
    spoken = ", ".join(verdict.by.name for verdict in answers)
    if stage.state == Stage.State.PASSED:
        return {"label": stage.name, "note": spoken, "state": "done"}
    if stage.state == Stage.State.OPEN and not approval.is_pending:
        return {"label": stage.name, "note": spoken, "state": "failed"}
    state = "now" if stage.state == Stage.State.OPEN else "ahead"
    return {"label": stage.name, "note": naming(seated(stage), user), "state": state}
