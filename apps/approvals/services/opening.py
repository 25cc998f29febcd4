"""Puts a question to its reviewers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.approvals import events
from apps.approvals.kinds import kind_named
from apps.approvals.models import Approval, Reviewer, Stage
from apps.approvals.services.moving import open_next
from apps.approvals.specs import StageSpec
from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Invalid
from apps.core.events import announce
from apps.core.refs import Ref
from apps.identity.models import Domain, User


@transaction.atomic
def open_approval(
    *,
    kind: str,
    subject: Ref,
    title: str,
    requested_by: User,
    stages: Sequence[StageSpec],
    deadline: datetime,
    domain: Domain | None,
    context: Mapping[str, Any],
    beneficiary: User | None = None,
    actor: Actor,
) -> Approval:
    """Ask the reviewers of the first stage.

    `deadline` is when no answer becomes a no. Neither `requested_by` nor `beneficiary` can answer.
    Raises Invalid for a route without stages or reviewers, KeyError for a kind nobody registered.
    """
    kind_named(kind)
    _is_a_route(stages)
    approval = Approval.objects.create(
        kind=kind,
        subject=subject,
        title=title,
        requested_by=requested_by,
        beneficiary=beneficiary,
        domain=domain,
        deadline=deadline,
        context=dict(context),
    )
    for position, spec in enumerate(stages, start=1):
        _add_stage(approval, position, spec)
    open_next(approval, approval.created_at)
    audit.record(
        action="approvals.open_approval",
        subject=approval.ref,
        detail={"about": subject, "kind": kind},
        after=_as_audited(approval),
        actor=actor,
    )
    announce(events.CHANGED, str(approval.uuid))
    return approval


def _is_a_route(stages: Sequence[StageSpec]) -> None:
    if not stages:
        raise Invalid("Nobody is named to decide.", fields={"stages": "must not be empty"})
    for spec in stages:
        if spec.needed < 1 or not spec.reviewers:
            raise Invalid(
                f"{spec.name} names nobody to decide.", fields={"stages": "needs a reviewer"}
            )


def _add_stage(approval: Approval, position: int, spec: StageSpec) -> None:
    stage = Stage.objects.create(
        approval=approval, position=position, name=spec.name, needed=spec.needed
    )
    Reviewer.objects.bulk_create(
        Reviewer(
            stage=stage,
            user=one.user,
            team=one.team,
            role=one.role or "",
            domain=(one.domain or approval.domain) if one.role else None,
        )
        for one in spec.reviewers
    )


def _as_audited(approval: Approval) -> dict[str, Any]:
    return {
        "title": approval.title,
        "requested_by": approval.requested_by.ref,
        "beneficiary": approval.beneficiary.ref if approval.beneficiary else None,
        "domain": approval.domain.ref if approval.domain else None,
        "deadline": approval.deadline.isoformat(),
        "stages": [
            {
                "name": stage.name,
                "needed": stage.needed,
                "reviewers": [str(reviewer) for reviewer in stage.reviewers.all()],
            }
            for stage in approval.stages.prefetch_related("reviewers__user", "reviewers__team")
        ],
    }
