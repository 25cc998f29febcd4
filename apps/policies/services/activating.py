"""Moving policies and their versions: in force, replaced, retired, refused."""

from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.core.actors import Actor
from apps.core.errors import Conflict
from apps.core.events import announce
from apps.enforcement import services as enforcement
from apps.policies import events
from apps.policies.models import Policy, PolicyVersion
from apps.policies.services.declaring import declare_policy
from apps.policies.services.proposing import as_audited


def activate(*, version: PolicyVersion, at: datetime, actor: Actor) -> Policy:
    """Put an approved version in force, inside its decision's transaction."""
    policy = Policy.objects.select_for_update(of=("self",)).get(pk=version.policy_id)
    before = as_audited(policy) if policy.number else None
    _replace_active(policy, PolicyVersion.State.SUPERSEDED, at)
    _move_version(version, PolicyVersion.State.ACTIVE, at)
    for name, value in version.terms.items():
        setattr(policy, name, value)
    policy.number = version.number
    policy.owner = version.proposed_by
    _move(policy, Policy.State.ACTIVE)
    audit.record(
        action="policies.activate_policy",
        subject=policy.ref,
        detail={"version": version.number},
        before=before,
        after=as_audited(policy),
        actor=actor,
    )
    declare_policy(policy=policy, actor=actor)
    announce(events.CHANGED, str(policy.uuid))
    return policy


def retire(*, version: PolicyVersion, at: datetime, actor: Actor) -> Policy:
    """Retire a policy as approved, inside its decision's transaction."""
    policy = Policy.objects.select_for_update(of=("self",)).get(pk=version.policy_id)
    _move_version(version, PolicyVersion.State.RETIRED, at)
    return _retire(policy, "policies.retire_policy", at, actor)


def refuse(*, version: PolicyVersion, at: datetime, actor: Actor) -> Policy:
    """Close a proposal that was not approved; a policy that never stood is retired with it."""
    policy = Policy.objects.select_for_update(of=("self",)).get(pk=version.policy_id)
    _move_version(version, PolicyVersion.State.REFUSED, at)
    if policy.state == Policy.State.DRAFT:
        _move(policy, Policy.State.RETIRED)
    audit.record(
        action="policies.refuse_proposal",
        subject=version.ref,
        before={"state": PolicyVersion.State.PROPOSED},
        after={"state": version.state},
        actor=actor,
    )
    announce(events.CHANGED, str(policy.uuid))
    return policy


@transaction.atomic
def end_expired(*, at: datetime, actor: Actor) -> list[Policy]:
    """Retire the policies whose time is over; those that were retired."""
    over = Policy.objects.select_for_update(of=("self",)).filter(
        state=Policy.State.ACTIVE, until__lte=at
    )
    return [_retire(policy, "policies.end_policy", at, actor) for policy in over.order_by("pk")]


def _retire(policy: Policy, action: str, at: datetime, actor: Actor) -> Policy:
    _replace_active(policy, PolicyVersion.State.RETIRED, at)
    _move(policy, Policy.State.RETIRED)
    audit.record(
        action=action,
        subject=policy.ref,
        before=as_audited(policy),
        after={"state": policy.state},
        actor=actor,
    )
    enforcement.withdraw(owner=policy.ref, actor=actor)
    announce(events.CHANGED, str(policy.uuid))
    return policy


def _replace_active(policy: Policy, state: str, at: datetime) -> None:
    for version in policy.versions.filter(state=PolicyVersion.State.ACTIVE):
        _move_version(version, state, at)


def _move(policy: Policy, state: str) -> None:
    if state not in Policy.MOVES[policy.state]:
        raise Conflict(f"{policy.name} is {policy.get_state_display().lower()}.")
    policy.state = state
    policy.version += 1
    policy.save()


def _move_version(version: PolicyVersion, state: str, at: datetime) -> None:
    if state not in PolicyVersion.MOVES[version.state]:
        raise Conflict(f"{version} is {version.get_state_display().lower()}.")
    version.state = state
    version.decided_at = at
    version.save(update_fields=["state", "decided_at"])
