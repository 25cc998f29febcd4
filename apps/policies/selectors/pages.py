"""What the page of a policy shows: its sentences, its rules by system, its versions."""

from dataclasses import dataclass

from apps.catalog.models import System
from apps.enforcement.selectors import Status, status_of
from apps.policies.models import Kind, Policy, PolicyVersion, Terms
from apps.policies.parsing import parse
from apps.policies.selectors.checks import is_enforceable
from apps.policies.selectors.estates import active_systems
from apps.policies.selectors.policies import proposal_of, rules_in
from apps.policies.sentences import sentences
from apps.semantics.explain import describe_rule
from apps.semantics.rules import Rule

MOST_RULES = 200
"""A policy over thousands of datasets makes thousands of rules: a page shows so many."""


@dataclass(frozen=True, slots=True)
class Made:
    """The rules that a policy makes in one system; `enforceable`: whether we can enforce there."""

    system: System
    rules: tuple[Rule, ...]
    enforceable: bool

    @property
    def lines(self) -> list[tuple[Rule, str]]:
        """The first of them with their sentences."""
        return [(rule, describe_rule(rule)) for rule in self.rules[:MOST_RULES]]

    @property
    def more(self) -> int:
        """How many are not among the lines."""
        return max(0, len(self.rules) - MOST_RULES)


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """A policy with what it says and makes; of a proposal, what it would say and make."""

    policy: Policy
    says: tuple[str, ...]
    made: tuple[Made, ...]
    status: Status | None
    proposal: PolicyVersion | None
    proposed_says: tuple[str, ...]
    proposed_made: tuple[Made, ...]
    versions: tuple[tuple[PolicyVersion, tuple[str, ...]], ...]

    @property
    def status_words(self) -> str:
        """Where its rules stand out there, in words."""
        return self.status.state.value.replace("_", " ") if self.status else ""


def policy_page(policy: Policy) -> PolicyPage:
    """Everything that the page of this policy shows."""
    stands = policy.state == Policy.State.ACTIVE
    proposal = proposal_of(policy)
    retiring = proposal is not None and proposal.change == PolicyVersion.Change.RETIRE
    versions = policy.versions.select_related("proposed_by", "policy")
    return PolicyPage(
        policy=policy,
        says=says(policy),
        made=made_by(policy) if stands else (),
        status=status_of(policy.ref) if stands and policy.kind != Kind.REQUEST else None,
        proposal=proposal,
        proposed_says=says(proposal) if proposal and not retiring else (),
        proposed_made=made_by(proposal) if proposal and not retiring else (),
        versions=tuple((version, says(version)) for version in versions),
    )


def says(terms: Terms) -> tuple[str, ...]:
    """What the terms say, in sentences."""
    return sentences(terms.kind, parse(terms.kind, terms.definition))


def made_by(policy: Policy | PolicyVersion) -> tuple[Made, ...]:
    """The rules that it makes now in each system where it makes any."""
    found = []
    for system in active_systems():
        rules = rules_in(policy, system)
        if rules:
            found.append(Made(system, rules, is_enforceable(system)))
    return tuple(found)
