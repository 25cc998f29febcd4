"""What is wanted of a system: its declarations and the rules in them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.catalog.models import Dataset, System
from apps.core.refs import Ref
from apps.enforcement.models import Declaration, Enforcement
from apps.enforcement.rendering import Owned
from apps.semantics import codec
from apps.semantics.rules import Rule

_FEW = 20


def standing(system: System) -> QuerySet[Declaration]:
    """The declarations that nobody has withdrawn, oldest first."""
    return Declaration.objects.filter(system=system, withdrawn_at=None).order_by("generation", "id")


def standing_about(system: System, datasets: Collection[str]) -> QuerySet[Declaration]:
    """The standing declarations that say anything about one of these datasets, and maybe others.

    Of many datasets at once, all declarations are read, which is quicker than asking for each.
    """
    if len(datasets) > _FEW:
        return standing(system)
    about = Q(pk__in=[])
    for dataset in datasets:
        about |= Q(rules__contains=[{"dataset": dataset}])
    return standing(system).filter(about)


def rules_of(declaration: Declaration) -> tuple[Rule, ...]:
    """The rules as they were declared."""
    return tuple(codec.decode_rule(rule) for rule in declaration.rules)


def datasets_of(declaration: Declaration) -> frozenset[str]:
    """What its rules are about, without decoding them."""
    return frozenset(rule["dataset"] for rule in declaration.rules)


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
    if datasets is None:
        return tuple(each.rule for each in owned(standing(system)))
    wanted = frozenset(datasets)
    found = owned(standing_about(system, wanted))
    return tuple(each.rule for each in found if each.rule.dataset in wanted)


def rules_on(dataset: Dataset) -> tuple[Rule, ...]:
    """Every rule declared about this dataset, whenever it is in force."""
    return desired(dataset.system, datasets=[dataset.qualified])


def owners_on(system: System, dataset: str) -> tuple[Ref, ...]:
    """Who declares anything about this dataset."""
    return tuple(standing_about(system, [dataset]).values_list("owner", flat=True))


def changed_since(system: System, dataset: str) -> tuple[Ref, ...]:
    """Who declared or withdrew something about the dataset since the system last came so far."""
    seen = Enforcement.objects.filter(system=system).values_list("observed", flat=True).first()
    changed = Declaration.objects.filter(
        system=system, generation__gt=seen or 0, rules__contains=[{"dataset": dataset}]
    )
    return tuple(changed.values_list("owner", flat=True))
