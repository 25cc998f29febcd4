"""Which request policies bind what somebody asks for, and what they require together; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from apps.core.refs import Ref
from apps.policies.compile import columns_meant, is_meant, masks_meant
from apps.policies.definition import Requesting, StageOf
from apps.policies.estate import Facts, Person
from apps.policies.expressions import asked_for
from apps.semantics.explain import listing
from apps.semantics.filters import EVERYTHING, Filter
from apps.semantics.masks import NULL, Mask, strictest
from apps.semantics.simplify import both


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """A request policy in force; `domain` is the key of the one it is limited to."""

    ref: Ref
    name: str
    definition: Requesting
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What several request policies require together, the strictest of each.

    `policy` is the one of the strictest tag; `stages` are in the order of strictness, each once.
    """

    policy: RequestPolicy
    stages: tuple[StageOf, ...]
    longest: timedelta
    decide_within: timedelta
    masks: Mapping[str, Mask]
    filter: Filter
    reasons: tuple[str, ...]


class NoRoute(Exception):
    """Nobody may be asked for it; the message says why and what to do."""


def route(
    policies: Iterable[RequestPolicy],
    *,
    askers: Sequence[Person],
    facts: Facts,
    columns: frozenset[str],
    purpose: str,
    ranks: Mapping[str, int],
) -> Terms:
    """What binds a request for these columns by any of `askers` (a person, or who answers for it).

    Each classified column is bound by the policies of the strictest of its tags that any policy
    looks for, whoever may ask by them: whom those do not let ask cannot go by a laxer one. Of
    several for that tag those bind that let them ask, together. Unclassified columns are left
    empty in what is granted, also once they are classified. Raises NoRoute with the reason.
    """
    classified = sorted(name for name in columns if facts.columns.get(name))
    if not classified:
        raise NoRoute(
            f"Nobody has classified any of these columns of {facts.qualified} yet. "
            "Ask its steward to classify them first."
        )
    about = [
        policy
        for policy in sorted(policies, key=lambda each: each.ref)
        if policy.domain in ("", facts.domain) and _covered(policy, facts, columns)
    ]
    if not about:
        raise NoRoute(f"No request policy is about {facts.qualified}, so nobody can ask for it.")
    bound = {name: _binding(name, about, facts, ranks) for name in classified}
    unbound = [name for name, found in bound.items() if not found]
    if unbound:
        raise NoRoute(
            f"No request policy is about {listing(unbound)} of {facts.qualified}; "
            f"leave {listing(unbound)} out."
        )
    bound = {
        name: _open(name, found, askers=askers, facts=facts, purpose=purpose)
        for name, found in bound.items()
    }
    return _together(bound, facts, columns - set(classified), ranks)


def _covered(policy: RequestPolicy, facts: Facts, columns: frozenset[str]) -> frozenset[str]:
    meant = columns_meant(policy.definition.resource, facts)
    return columns if meant is None else columns & meant


def _may_ask(policy: RequestPolicy, askers: Sequence[Person]) -> bool:
    subjects = policy.definition.subjects
    excepted = any(is_meant(subjects.excepted, asker, policy.domain) for asker in askers)
    return not excepted and any(is_meant(subjects.any_of, asker, policy.domain) for asker in askers)


def _serves(policy: RequestPolicy, purpose: str) -> bool:
    return policy.definition.purposes is None or purpose in policy.definition.purposes


def _open(
    column: str,
    policies: Sequence[RequestPolicy],
    *,
    askers: Sequence[Person],
    facts: Facts,
    purpose: str,
) -> list[RequestPolicy]:
    """Those of the policies by which the askers may ask for the column with this purpose."""
    names = listing(policy.name for policy in policies)
    open_to = [policy for policy in policies if _may_ask(policy, askers)]
    if not open_to:
        raise NoRoute(
            f"{names} lets other people ask for {column} of {facts.qualified}, "
            f"and not {askers[0].email}."
        )
    serving = [policy for policy in open_to if _serves(policy, purpose)]
    if not serving:
        raise NoRoute(
            f"{names} lets nobody ask for {column} of {facts.qualified} with the purpose {purpose}."
        )
    return serving


def _strictness(policy: RequestPolicy, column: str, facts: Facts, ranks: Mapping[str, int]) -> int:
    """The rank of the strictest tag of the column that the policy looks for; -1 for none."""
    tags = policy.definition.resource.tags
    if tags is None:
        return max(ranks.values(), default=0)
    carried = facts.columns[column] | facts.tags
    return max((ranks[tag] for tag in asked_for(tags) & carried), default=-1)


def _binding(
    column: str, policies: Sequence[RequestPolicy], facts: Facts, ranks: Mapping[str, int]
) -> list[RequestPolicy]:
    found = [
        policy for policy in policies if column in _covered(policy, facts, frozenset({column}))
    ]
    top = max((_strictness(policy, column, facts, ranks) for policy in found), default=-1)
    return [policy for policy in found if _strictness(policy, column, facts, ranks) == top]


def _together(
    bound: Mapping[str, Sequence[RequestPolicy]],
    facts: Facts,
    unclassified: frozenset[str],
    ranks: Mapping[str, int],
) -> Terms:
    strictness: dict[RequestPolicy, int] = {}
    columns: dict[RequestPolicy, list[str]] = {}
    for column, policies in bound.items():
        for policy in policies:
            here = _strictness(policy, column, facts, ranks)
            strictness[policy] = max(here, strictness.get(policy, here))
            columns.setdefault(policy, []).append(column)
    ordered = sorted(strictness, key=lambda policy: (-strictness[policy], policy.ref))
    stages: list[StageOf] = []
    for policy in ordered:
        stages += [stage for stage in policy.definition.stages if stage not in stages]
    reasons = [_reason(policy, sorted(columns[policy]), facts) for policy in ordered]
    if unclassified:
        reasons.append(
            f"{listing(sorted(unclassified))} is left empty, as nobody has classified it yet."
        )
    return Terms(
        policy=ordered[0],
        stages=tuple(stages),
        longest=min(policy.definition.longest for policy in ordered),
        decide_within=min(policy.definition.decide_within for policy in ordered),
        masks=_masks(ordered, facts, unclassified),
        filter=both(policy.definition.filter for policy in ordered),
        reasons=tuple(reasons),
    )


def _masks(
    policies: Sequence[RequestPolicy], facts: Facts, unclassified: frozenset[str]
) -> dict[str, Mask]:
    """Every obligatory mask of every policy that binds anything, the strictest by column."""
    found: dict[str, list[Mask]] = {column: [NULL] for column in unclassified}
    for policy in policies:
        for column, mask in masks_meant(policy.definition.masks, facts).items():
            found.setdefault(column, []).append(mask)
    return {column: strictest(masks) for column, masks in found.items()}


def _reason(policy: RequestPolicy, columns: Sequence[str], facts: Facts) -> str:
    tags = policy.definition.resource.tags
    carried = facts.tags.union(*(facts.columns[column] for column in columns))
    looked_for = sorted(asked_for(tags) & carried) if tags is not None else []
    why = f" ({listing(looked_for)})" if looked_for else ""
    terms = f"at most {policy.definition.longest.days} days"
    if policy.definition.filter != EVERYTHING:
        terms += ", some rows only"
    return f"“{policy.name}” is about {listing(columns)}{why}: {terms}."
