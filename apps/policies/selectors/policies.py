"""Policies and their rules, as rows and as what they compile to."""

from datetime import datetime

from django.db.models import Q, QuerySet

from apps.catalog.models import System
from apps.core.errors import Invalid
from apps.identity.models import User
from apps.identity.selectors import within_reach
from apps.policies.compile import Said, rules_for
from apps.policies.definition import Standing
from apps.policies.estate import Estate
from apps.policies.models import Kind, Policy, PolicyVersion, Terms
from apps.policies.parsing import parse
from apps.policies.selectors.estates import estate_of
from apps.semantics.rules import Effect, Rule, Tier


def visible_policies(user: User) -> QuerySet[Policy]:
    """The policies that this user may read: those of their domains, and those of none."""
    reach = within_reach(user, "policies.view")
    if user.has_perm("policies.view"):
        reach |= Q(domain=None)
    return Policy.objects.filter(reach).select_related("domain", "owner")


def in_force(at: datetime) -> QuerySet[Policy]:
    """The policies in force at that instant."""
    begun = Q(valid_from=None) | Q(valid_from__lte=at)
    not_over = Q(until=None) | Q(until__gt=at)
    return (
        Policy.objects.filter(begun, not_over, state=Policy.State.ACTIVE)
        .select_related("domain")
        .order_by("key")
    )


def standing_policies() -> QuerySet[Policy]:
    """The active policies that make rules, whenever they are in force."""
    return (
        Policy.objects.filter(state=Policy.State.ACTIVE)
        .exclude(kind=Kind.REQUEST)
        .select_related("domain")
        .order_by("key")
    )


def proposal_of(policy: Policy) -> PolicyVersion | None:
    """The version of it that waits for a decision, if one does."""
    return policy.versions.filter(state=PolicyVersion.State.PROPOSED).first()


def rules_in(policy: Policy | PolicyVersion, system: System) -> tuple[Rule, ...]:
    """The rules that it makes in this system now; none for a request policy."""
    if policy.kind == Kind.REQUEST:
        return ()
    origin = policy.origin if isinstance(policy, Policy) else policy.ref
    return compiled(policy, origin, estate_of(system))


def compiled(terms: Terms, origin: str, estate: Estate) -> tuple[Rule, ...]:
    """The rules that these terms make in this estate. Raises Invalid for terms of no such kind."""
    definition = parse(terms.kind, terms.definition)
    if not isinstance(definition, Standing):
        return ()
    try:
        said = Said(
            origin=origin,
            effect=Effect(terms.kind),
            tier=Tier(terms.tier),
            definition=definition,
            domain=terms.domain.key if terms.domain else "",
            valid_from=terms.valid_from,
            until=terms.until,
        )
        return rules_for(said, estate)
    except ValueError as error:
        raise Invalid(str(error), fields={"definition": str(error)}) from error
