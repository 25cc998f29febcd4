"""What happens when an approval of kind `policies.change` is decided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.approvals.models import Approval
from apps.core.actors import Actor
from apps.core.errors import Invalid
from apps.policies.models import PolicyVersion
from apps.policies.selectors.checks import must_be_enforceable, must_hold
from apps.policies.services.activating import activate, refuse, retire


class PolicyKind:
    """Rechecks and carries out decisions about policies, in their transaction."""

    def recheck(
        self, approval: Approval, terms: Mapping[str, Any], at: datetime, actor: Actor
    ) -> None:
        """Raise when what was proposed can no longer be put in force, or terms are set."""
        if terms:
            raise Invalid(
                "A policy is approved as it was proposed; propose another version of it instead.",
                fields={"terms": "must be empty"},
            )
        version = version_of(approval)
        if version.change == PolicyVersion.Change.SAY:
            must_hold(version, at)
            must_be_enforceable(version, at)

    def decided(
        self,
        approval: Approval,
        approved: bool,
        terms: Mapping[str, Any],
        at: datetime,
        actor: Actor,
    ) -> None:
        """Put the version in force, or retire the policy, or close what was not approved."""
        version = version_of(approval)
        if not approved:
            refuse(version=version, at=at, actor=actor)
        elif version.change == PolicyVersion.Change.RETIRE:
            retire(version=version, at=at, actor=actor)
        else:
            activate(version=version, at=at, actor=actor)


def version_of(approval: Approval) -> PolicyVersion:
    """The proposal that this approval decides."""
    return PolicyVersion.objects.select_related("policy", "domain", "proposed_by").get(
        approval=approval.uuid
    )
