"""Whom a live system is to be asked as, and about what, to prove an owner's rules."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from apps.catalog.models import System
from apps.core.refs import Ref
from apps.enforcement.models import Declaration, Proof
from apps.enforcement.selectors.wanted import rules_of
from apps.semantics.rules import Effect, Rule

MOST_PER_OWNER = 50
"""A standing policy may concern thousands of people: at most so many are asked as."""


@dataclass(frozen=True, slots=True, order=True)
class Ask:
    """Ask as this principal about this dataset, on behalf of this owner."""

    owner: Ref
    dataset: str
    principal: str


def unproven(system: System) -> QuerySet[Declaration]:
    """Declarations, withdrawn ones too, of which it is not known that they hold since they changed.

    Nobody was asked about them, or the last answer was not the one that was decided.
    """
    since = Proof.objects.filter(
        system=OuterRef("system"), owner=OuterRef("owner"), generation__gte=OuterRef("generation")
    )
    differing = since.filter(~Exists(_newer()), agrees=False)
    return Declaration.objects.filter(~Exists(since) | Exists(differing), system=system).order_by(
        "generation", "id"
    )


def asks_of(declarations: Iterable[Declaration], rules: Iterable[Rule]) -> list[Ask]:
    """Every question that proves these declarations, given all the `rules` that stand.

    A rule over everybody is asked as those who are given something of its dataset.
    """
    readers = _readers(rules)
    asks: list[Ask] = []
    for declaration in declarations:
        found = {
            Ask(declaration.owner, rule.dataset, principal)
            for rule in rules_of(declaration)
            for principal in (readers[rule.dataset] if rule.principals is None else rule.principals)
            if principal not in rule.excepted
        }
        asks.extend(sorted(found)[:MOST_PER_OWNER])
    return asks


def oldest(system: System, *, before: datetime, limit: int) -> list[Ask]:
    """The proofs of standing declarations that were asked for longest ago, to be asked again."""
    standing = Declaration.objects.filter(
        system=OuterRef("system"), owner=OuterRef("owner"), withdrawn_at=None
    )
    latest = Proof.objects.filter(
        Exists(standing), ~Exists(_newer()), system=system, asked_at__lt=before
    ).order_by("asked_at", "id")
    return [Ask(*row) for row in latest.values_list("owner", "dataset_name", "principal")[:limit]]


def _newer() -> QuerySet[Proof]:
    """Later answers to the question of an outer proof."""
    return Proof.objects.filter(
        system=OuterRef("system"),
        owner=OuterRef("owner"),
        dataset_name=OuterRef("dataset_name"),
        principal=OuterRef("principal"),
        id__gt=OuterRef("id"),
    )


def _readers(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for rule in rules:
        if rule.effect is Effect.GRANT and rule.principals:
            found[rule.dataset] |= rule.principals
    return found
