"""Asking that a policy be put in force, say something else, or be retired."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.approvals import services as approvals
from apps.approvals.models import Approval
from apps.approvals.specs import ReviewerSpec, StageSpec
from apps.audit import services as audit
from apps.core.errors import Conflict, Forbidden, Invalid, Stale
from apps.core.events import announce
from apps.identity.models import Domain, User
from apps.identity.permissions import Role
from apps.policies import events
from apps.policies.models import Kind, Policy, PolicyTier, PolicyVersion
from apps.policies.selectors.checks import must_be_enforceable, must_hold
from apps.policies.selectors.policies import proposal_of

KIND = "policies.change"
"""The kind under which approvals knows these proposals."""

TO_DECIDE = timedelta(days=14)
"""No answer by then is a no."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a policy is to say: `kind` and `tier` by name, `definition` as `parsing` reads it."""

    name: str
    kind: str
    definition: Mapping[str, Any]
    tier: str = PolicyTier.STANDARD
    description: str = ""
    domain: Domain | None = None
    valid_from: datetime | None = None
    until: datetime | None = None


@transaction.atomic
def propose_policy(
    *, key: str, proposal: Proposal, reason: str, at: datetime, actor: User
) -> PolicyVersion:
    """Ask that a new policy be put in force.

    Raises Forbidden outside the proposer's domains, Conflict when the key is taken, Invalid for
    terms that no policy can have, Refused for rules that contradict others or that a system cannot
    express.
    """
    _may_propose(actor, proposal.domain)
    _says_why(reason)
    _is_known(proposal)
    if Policy.objects.filter(key=key).exists():
        raise Conflict(f"There is a policy {key} already; propose a new version of it.")
    policy = Policy(key=key, owner=actor, **_terms(proposal))
    return _propose(policy, proposal, PolicyVersion.Change.SAY, reason, at=at, actor=actor)


@transaction.atomic
def revise_policy(
    *, policy: Policy, proposal: Proposal, reason: str, version: int, at: datetime, actor: User
) -> PolicyVersion:
    """Ask that an existing policy say something else; until then it says what it says.

    `version` is the policy's as the proposer saw it. Raises as `propose_policy` does, Conflict
    while another proposal waits, Stale when the policy has changed meanwhile.
    """
    policy = _locked(policy, version)
    _may_propose(actor, policy.domain)
    _may_propose(actor, proposal.domain)
    _says_why(reason)
    _is_known(proposal)
    if proposal.kind != policy.kind:
        raise Invalid("A policy keeps its kind.", fields={"kind": f"must be {policy.kind}"})
    return _propose(policy, proposal, PolicyVersion.Change.SAY, reason, at=at, actor=actor)


@transaction.atomic
def propose_retirement(
    *, policy: Policy, reason: str, version: int, at: datetime, actor: User
) -> PolicyVersion:
    """Ask that a policy no longer stand. Raises Conflict when it does not stand, or as above."""
    policy = _locked(policy, version)
    _may_propose(actor, policy.domain)
    _says_why(reason)
    if policy.state != Policy.State.ACTIVE:
        raise Conflict(f"{policy.name} is not in force.")
    now = Proposal(**policy.terms)
    return _propose(policy, now, PolicyVersion.Change.RETIRE, reason, at=at, actor=actor)


@transaction.atomic
def withdraw_proposal(*, version: PolicyVersion, at: datetime, actor: User) -> PolicyVersion:
    """Take one's own proposal back.

    Raises Forbidden for anybody but the proposer, Conflict when it is decided already.
    """
    assert version.approval is not None  # every proposal was put to its reviewers
    approval = Approval.objects.get(uuid=version.approval)
    approvals.withdraw(approval=approval, at=at, actor=actor)
    version.refresh_from_db()
    return version


def _propose(
    policy: Policy, proposal: Proposal, change: str, reason: str, *, at: datetime, actor: User
) -> PolicyVersion:
    version = PolicyVersion(
        policy=policy,
        number=_next_number(policy),
        change=change,
        reason=reason.strip(),
        proposed_by=actor,
        proposed_at=at,
        **_terms(proposal),
    )
    if change == PolicyVersion.Change.SAY:
        must_hold(version, at)
        must_be_enforceable(version, at)
    if policy._state.adding:
        policy.save()
        version.policy = policy
    version.save()
    approval = _ask(version, at, actor)
    version.approval = approval.uuid
    version.save(update_fields=["approval"])
    audit.record(
        action="policies.propose_policy",
        subject=version.ref,
        detail={"change": change, "reason": version.reason},
        before=as_audited(policy) if policy.number else None,
        after=as_audited(version),
        actor=actor,
    )
    announce(events.CHANGED, str(policy.uuid))
    return version


def _next_number(policy: Policy) -> int:
    if policy._state.adding:
        return 1
    waiting = proposal_of(policy)
    if waiting is not None:
        raise Conflict(f"{waiting} waits for a decision already; it has to be decided first.")
    last = policy.versions.order_by("-number").first()
    return last.number + 1 if last else 1


def _ask(version: PolicyVersion, at: datetime, actor: User) -> Approval:
    verb = "Retire" if version.change == PolicyVersion.Change.RETIRE else "Put in force"
    roles = (Role.STEWARD, Role.OWNER, Role.ADMIN)
    return approvals.open_approval(
        kind=KIND,
        subject=version.ref,
        title=f"{verb}: {version.name}",
        requested_by=actor,
        stages=[StageSpec("Governance", 1, [ReviewerSpec(role=role) for role in roles])],
        deadline=at + TO_DECIDE,
        domain=version.domain,
        context={},
        actor=actor,
    )


def as_audited(terms: Policy | PolicyVersion) -> dict[str, Any]:
    """What the book keeps of a policy's terms."""
    return {
        "name": terms.name,
        "description": terms.description,
        "kind": terms.kind,
        "tier": terms.tier,
        "domain": terms.domain.ref if terms.domain else None,
        "definition": terms.definition,
        "valid_from": terms.valid_from.isoformat() if terms.valid_from else None,
        "until": terms.until.isoformat() if terms.until else None,
    }


def _terms(proposal: Proposal) -> dict[str, Any]:
    return {
        "name": proposal.name.strip(),
        "description": proposal.description.strip(),
        "kind": proposal.kind,
        "tier": proposal.tier,
        "domain": proposal.domain,
        "definition": proposal.definition,
        "valid_from": proposal.valid_from,
        "until": proposal.until,
    }


def _locked(policy: Policy, version: int) -> Policy:
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    if policy.version != version:
        raise Stale(f"{policy.name} has changed since you looked at it.")
    return policy


def _may_propose(actor: User, domain: Domain | None) -> None:
    if not actor.has_perm("policies.propose", _Place(domain.pk if domain else None)):
        where = f"in {domain.name}" if domain else "for the whole company"
        raise Forbidden(f"You may not propose policies {where}.")


@dataclass(frozen=True, slots=True)
class _Place:
    """Something that lies in a domain, for the question who may do something there."""

    domain_id: int | None


def _says_why(reason: str) -> None:
    if not reason.strip():
        raise Invalid("Say why it is proposed.", fields={"reason": "must not be empty"})


def _is_known(proposal: Proposal) -> None:
    faults: dict[str, str] = {}
    if not proposal.name.strip():
        faults["name"] = "must not be empty"
    if proposal.kind not in Kind.values:
        faults["kind"] = f"one of {', '.join(Kind.values)} is expected"
    if proposal.tier not in PolicyTier.values:
        faults["tier"] = f"one of {', '.join(PolicyTier.values)} is expected"
    if faults:
        raise Invalid("These terms are not those of a policy.", fields=faults)
