"""What is wanted of a system: its declarations and the rules in them."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from apps.catalog.models import System
from apps.core.refs import Ref
from apps.enforcement.models import Declaration
from apps.enforcement.rendering import Owned
from apps.semantics import codec
from apps.semantics.rules import Rule


def standing(system: System) -> QuerySet[Declaration]:
    """The declarations that nobody has withdrawn, oldest first."""
    return Declaration.objects.filter(system=system, withdrawn_at=None).order_by("generation", "id")


def rules_of(declaration: Declaration) -> tuple[Rule, ...]:
    """The rules as they were declared."""
    return tuple(codec.decode_rule(rule) for rule in declaration.rules)


def owned(declarations: Iterable[Declaration], at: datetime | None = None) -> tuple[Owned, ...]:
    """Each rule with its owner; given an instant, those in force then."""
    return tuple(
        Owned(declaration.owner, rule)
        for declaration in declarations
        for rule in rules_of(declaration)
        if at is None or rule.in_force(at)
    )


def desired(system: System, *, datasets: Iterable[str] | None = None) -> tuple[Rule, ...]:
    """Every rule declared for this system, whenever it is in force; of these datasets alone."""
    wanted = None if datasets is None else frozenset(datasets)
    return tuple(
        each.rule
        for each in owned(standing(system))
        if wanted is None or each.rule.dataset in wanted
    )


def owners_on(system: System, dataset: str) -> tuple[Ref, ...]:
    """Who declares anything about this dataset."""
    about = standing(system).filter(rules__contains=[{"dataset": dataset}])
    return tuple(about.values_list("owner", flat=True))
