"""Stating to enforcement what the policies in force say about today's people and data."""

from collections.abc import Iterable

from django.db import transaction

from apps.catalog.models import System
from apps.core.actors import Actor
from apps.enforcement import selectors as enforced
from apps.enforcement import services as enforcement
from apps.policies.estate import Estate
from apps.policies.models import Policy
from apps.policies.selectors.checks import enforceable_systems
from apps.policies.selectors.estates import estate_of
from apps.policies.selectors.policies import compiled, standing_policies


@transaction.atomic
def declare_policy(*, policy: Policy, actor: Actor) -> list[System]:
    """State the rules of one policy in every system; the systems in which they changed.

    A request policy makes no rules, and one that is not in force none any more.
    """
    standing = list(standing_policies().select_for_update(of=("self",)).filter(pk=policy.pk))
    return [
        system
        for system in enforceable_systems()
        if standing and _declare(standing, system, estate_of(system), actor)
    ]


@transaction.atomic
def declare_system(*, system: System, actor: Actor) -> list[Policy]:
    """State the rules of all policies in one system; the policies whose rules changed.

    The policies are locked first, so that no older look at the system is stated after a newer.
    """
    policies = list(standing_policies().select_for_update(of=("self",)).order_by("pk"))
    return _declare(policies, system, estate_of(system), actor)


def _declare(
    policies: Iterable[Policy], system: System, estate: Estate, actor: Actor
) -> list[Policy]:
    """Only what differs is stated: to state the same again would ask every system to prove it."""
    stated = {
        declaration.owner: enforced.rules_of(declaration)
        for declaration in enforced.standing(system)
    }
    changed = []
    for policy in policies:
        rules = compiled(policy, policy.origin, estate)
        if rules != stated.get(policy.ref, ()):
            enforcement.declare(owner=policy.ref, system=system, rules=rules, actor=actor)
            changed.append(policy)
    return changed
