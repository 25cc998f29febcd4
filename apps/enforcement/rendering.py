"""Rules into documents, with what the system cannot express set apart by dataset; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from apps.connectors.contracts import Document, Inventory, Refused, Target
from apps.core.refs import Ref
from apps.semantics.filters import led_to
from apps.semantics.rules import Effect, Rule, Tier

CLOSED_BY: Ref = "system:enforcement"
"""The origin of the rule that shuts a dataset whose own rules cannot be expressed."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A rule with the owner that declared it."""

    owner: Ref
    rule: Rule


@dataclass(frozen=True, slots=True)
class RefusedRules:
    """What of an owner's rules about a dataset could not be expressed, and why.

    `closed`: the dataset is shut for everybody whom it governs, since leaving out a restriction
    would give more than was decided.
    """

    owner: Ref
    dataset: str
    reasons: tuple[str, ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """The documents wanted, the rules that they stand for, and what was refused.

    `datasets` says for which dataset each document is, empty for one that several share; the
    documents of `kept` datasets could not be made at all, so what stands there is left as it is.
    """

    documents: dict[str, Document] = field(default_factory=dict)
    datasets: dict[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    refusals: tuple[RefusedRules, ...] = ()
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Part:
    documents: dict[str, Document]
    rules: tuple[Rule, ...]
    refusals: tuple[RefusedRules, ...] = ()
    kept: frozenset[str] = frozenset()


def datasets_named(owned: Iterable[Owned]) -> frozenset[str]:
    """The datasets that rules are about, and those to which their filters lead."""
    return frozenset().union(*({e.rule.dataset} | led_to(e.rule.filter) for e in owned))


def render(target: Target, owned: Iterable[Owned], inventory: Inventory) -> Rendered:
    """Render all rules; of the datasets where something is refused, what can be expressed.

    `owned` comes oldest first: where two grants cannot stand together, the older one stands.
    """
    by_dataset: dict[str, list[Owned]] = defaultdict(list)
    for each in owned:
        by_dataset[each.rule.dataset].append(each)
    found = _render_datasets(target, dict(sorted(by_dataset.items())), inventory)
    return Rendered(
        documents=found.documents,
        datasets={name: str(d.get("dataset", "")) for name, d in found.documents.items()},
        rules=found.rules,
        refusals=found.refusals,
        kept=found.kept,
    )


def _render_datasets(
    target: Target, members: Mapping[str, Sequence[Owned]], inventory: Inventory
) -> _Part:
    """All datasets at once; when something is refused, half of them at a time, down to one."""
    rules = tuple(each.rule for several in members.values() for each in several)
    if not rules:
        return _Part({}, ())
    try:
        return _Part(target.render(rules, inventory), rules)
    except Refused:
        if len(members) == 1:
            ((dataset, several),) = members.items()
            return _without_the_refused(target, dataset, several, inventory)
    names = list(members)
    halves = names[: len(names) // 2], names[len(names) // 2 :]
    first, second = (
        _render_datasets(target, {name: members[name] for name in half}, inventory)
        for half in halves
    )
    return _Part(
        documents=first.documents | second.documents,
        rules=first.rules + second.rules,
        refusals=first.refusals + second.refusals,
        kept=first.kept | second.kept,
    )


def _without_the_refused(
    target: Target, dataset: str, members: Sequence[Owned], inventory: Inventory
) -> _Part:
    """Keep every restriction, and of what gives access as much as can be expressed."""
    standing = tuple(each.rule for each in members if not _gives(each.rule))
    try:
        documents = target.render(standing, inventory) if standing else {}
    except Refused as refused:
        return _closed(target, dataset, members, inventory, refused)
    refusals: list[RefusedRules] = []
    for owner, gifts in _gifts_by_owner(members).items():
        try:
            documents = target.render((*standing, *gifts), inventory)
            standing = (*standing, *gifts)
        except Refused as refused:
            refusals.append(RefusedRules(owner, dataset, tuple(refused.reasons)))
    return _Part(documents, standing, tuple(refusals))


def _closed(
    target: Target, dataset: str, members: Sequence[Owned], inventory: Inventory, why: Refused
) -> _Part:
    """Shut the dataset; where not even that can be expressed, leave what stands there alone."""
    refusals = tuple(
        RefusedRules(owner, dataset, tuple(why.reasons), closed=True)
        for owner in dict.fromkeys(each.owner for each in members)
    )
    named = frozenset(name for each in members for name in each.rule.principals or ())
    shut = Rule(
        key="closed",
        origin=CLOSED_BY,
        effect=Effect.DENY,
        dataset=dataset,
        principals=named or None,
        tier=Tier.GUARDRAIL,
    )
    try:
        return _Part(target.render((shut,), inventory), (shut,), refusals)
    except Refused:
        return _Part({}, (), refusals, kept=frozenset({dataset}))


def _gives(rule: Rule) -> bool:
    """Whether leaving the rule out can only take access away."""
    return rule.effect is Effect.GRANT or rule.is_exemption


def _gifts_by_owner(members: Sequence[Owned]) -> dict[Ref, tuple[Rule, ...]]:
    gifts: dict[Ref, tuple[Rule, ...]] = {}
    for each in members:
        if _gives(each.rule):
            gifts[each.owner] = (*gifts.get(each.owner, ()), each.rule)
    return gifts
