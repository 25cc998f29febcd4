"""Contradictions among rules, found while they are being written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from apps.semantics.explain import describe_mask, listing
from apps.semantics.masking import misfit
from apps.semantics.masks import MaskFunction
from apps.semantics.rules import Effect, Rule, Shape, Tier
from apps.semantics.simplify import both, columns_of, compared_columns, is_nothing


@dataclass(frozen=True, slots=True)
class Conflict:
    """A contradiction: an error for whoever writes the rules, with the rules it is between."""

    text: str
    rules: tuple[Rule, ...]


def find_conflicts(
    rules: Iterable[Rule], shapes: Mapping[str, Shape] | None = None
) -> list[Conflict]:
    """Every contradiction within and between the rules, each once, in a fixed order.

    With the shapes of the datasets, columns that do not exist and masks that do not fit the
    column's type are found too. Rules that can never meet (other people, columns or times) do not
    conflict. A denial that takes something from a wider grant is no contradiction: it is what
    denials are for; one that leaves nothing of it is.
    """
    groups: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        groups[rule.dataset].append(rule)
    found: list[Conflict] = []
    for dataset, group in sorted(groups.items()):
        group.sort(key=lambda rule: (rule.origin, rule.key))
        for rule in group:
            found += (Conflict(f"{_name(rule)} {text}", (rule,)) for text in _alone(rule))
            if shapes is not None:
                found += _against_shape(rule, shapes.get(dataset))
        for n, one in enumerate(group):
            for other in group[n + 1 :]:
                if _may_meet(one, other):
                    found += _between(one, other)
    return found


def _name(rule: Rule) -> str:
    return f"{rule.origin} ({rule.key})" if rule.key else rule.origin


def _alone(rule: Rule) -> Iterator[str]:
    """What is wrong with a rule by itself, each the end of a sentence that begins with its name."""
    if rule.valid_from is not None and rule.until is not None and rule.until <= rule.valid_from:
        yield "ends before it begins, so it is never in force."
    if rule.tier is Tier.EXCEPTION and rule.until is None:
        yield "is an exception without an end; an exception ends at an instant."
    if rule.tier is Tier.GUARDRAIL and rule.effect is Effect.GRANT:
        yield "grants as a guardrail; a guardrail can only restrict."
    if rule.principals is not None and rule.principals and rule.principals <= rule.excepted:
        yield "is about nobody, since everybody it names is excepted."
    if rule.effect is Effect.GRANT:
        if is_nothing(rule.filter):
            yield "matches no row, whatever the row holds."
        yield from _within_grant(rule)


def _within_grant(grant: Rule) -> Iterator[str]:
    """A grant's rows must not give away columns that the grant itself hides."""
    compared = compared_columns(grant.filter)
    masks = {column: mask for column, mask in grant.masks if mask.function is not MaskFunction.NONE}
    unread = sorted(column for column in compared if not grant.covers(column))
    if unread:
        names = listing(unread)
        yield (
            f"chooses its rows by {names}, which it does not let anybody read: "
            f"add {names} to its columns, or choose the rows otherwise."
        )
    for column in sorted(compared & masks.keys()):
        yield (
            f"chooses its rows by {column} and has {column} {describe_mask(masks[column])}: "
            "which rows are there would tell what the mask hides."
        )
    for column in sorted(name for name in masks if not grant.covers(name)):
        yield f"masks {column}, which is not among its columns."


def _against_shape(rule: Rule, shape: Shape | None) -> Iterator[Conflict]:
    if shape is None:
        yield Conflict(f"{_name(rule)} is about {rule.dataset}, which is not known.", (rule,))
        return
    types = {column.name: column.type for column in shape.columns}
    named = (rule.columns or frozenset()) | columns_of(rule.filter) | {c for c, _ in rule.masks}
    for column in sorted(named - types.keys()):
        yield Conflict(
            f"{_name(rule)} names {column}, which {rule.dataset} does not have.", (rule,)
        )
    masks = dict(rule.masks)
    if rule.mask is not None:
        masks |= {column: rule.mask for column in types if rule.covers(column)}
    for column, mask in sorted(masks.items()):
        if column in types and (why := misfit(mask, types[column])):
            yield Conflict(f"{_name(rule)} cannot mask {column}: {why}", (rule,))


def _may_meet(one: Rule, other: Rule) -> bool:
    """Whether some person, column and instant can fall under both."""
    return (
        one.action is other.action
        and _share(one.columns, other.columns)
        and _share_people(one, other)
        and (one.valid_from is None or other.until is None or one.valid_from < other.until)
        and (other.valid_from is None or one.until is None or other.valid_from < one.until)
    )


def _share(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return one is None or other is None or bool(one & other)


def _people(rule: Rule) -> frozenset[str] | None:
    return None if rule.principals is None else rule.principals - rule.excepted


def _share_people(one: Rule, other: Rule) -> bool:
    """Everybody but somebody is taken to share somebody with everybody but somebody else."""
    people, others = _people(one), _people(other)
    if people is None:
        return others is None or bool(others - one.excepted)
    return bool(people - other.excepted if others is None else people & others)


def _between(one: Rule, other: Rule) -> Iterator[Conflict]:
    for first, second in ((one, other), (other, one)):
        check = _PAIRS.get((first.effect, second.effect))
        if check is not None and (first is one or first.effect is not second.effect):
            for text in check(first, second):
                yield Conflict(text, (one, other))
    if (one.origin, one.key) == (other.origin, other.key):
        yield Conflict(f"{_name(one)} is there twice.", (one, other))


def _grant_and_denial(grant: Rule, denial: Rule) -> Iterator[str]:
    if grant.tier is Tier.EXCEPTION and denial.tier is Tier.STANDARD:
        return
    same_people = _people(grant) == _people(denial) and (
        grant.principals is not None or grant.excepted == denial.excepted
    )
    if grant.tier is denial.tier and same_people:
        shared = _shared_columns(grant, denial)
        yield f"{_name(grant)} grants and {_name(denial)} denies the same people {shared}."
    elif _leaves_nothing(denial, grant):
        yield f"{_name(denial)} denies everything that {_name(grant)} grants."


def _shared_columns(one: Rule, other: Rule) -> str:
    if one.columns is None and other.columns is None:
        return "every column"
    if one.columns is None or other.columns is None:
        return listing(sorted(one.columns or other.columns or ()))
    return listing(sorted(one.columns & other.columns))


def _leaves_nothing(denial: Rule, grant: Rule) -> bool:
    people, others = _people(grant), _people(denial)
    if people is None:
        everybody = others is None and denial.excepted <= grant.excepted
    else:
        everybody = not people & denial.excepted and (others is None or people <= others)
    every_column = denial.columns is None or (
        grant.columns is not None and grant.columns <= denial.columns
    )
    begun = denial.valid_from is None or (
        grant.valid_from is not None and denial.valid_from <= grant.valid_from
    )
    always = begun and (
        denial.until is None or (grant.until is not None and grant.until <= denial.until)
    )
    return everybody and every_column and always


def _two_masks(one: Rule, other: Rule) -> Iterator[str]:
    exempting = [rule for rule in (one, other) if rule.is_exemption]
    if len(exempting) == 2:
        shared = _shared_columns(one, other)
        yield f"{_name(one)} and {_name(other)} both exempt the same people from masks of {shared}."
    if len(exempting) == 1:
        mask = other if exempting[0] is one else one
        if mask.tier is not Tier.STANDARD:
            yield (
                f"{_name(exempting[0])} exempts from nothing on {_shared_columns(one, other)}: "
                f"{_name(mask)} is of tier {mask.tier}, which no exemption lifts."
            )


def _filter_and_mask(filter: Rule, mask: Rule) -> Iterator[str]:
    if mask.is_exemption or mask.mask is None:
        return
    for column in sorted(compared_columns(filter.filter)):
        if mask.covers(column):
            yield (
                f"{_name(filter)} chooses rows by {column}, and {_name(mask)} has {column} "
                f"{describe_mask(mask.mask)}: which rows are there would tell what the mask hides."
            )


def _filter_and_denial(filter: Rule, denial: Rule) -> Iterator[str]:
    if denial.columns is None:
        return
    for column in sorted(compared_columns(filter.filter) & denial.columns):
        yield (
            f"{_name(filter)} chooses rows by {column}, which {_name(denial)} denies: "
            "which rows are there would tell what is denied."
        )


def _grant_and_filter(grant: Rule, filter: Rule) -> Iterator[str]:
    if filter.columns is not None or is_nothing(grant.filter) or is_nothing(filter.filter):
        return
    if is_nothing(both((grant.filter, filter.filter))):
        yield f"No row can satisfy both {_name(grant)} and {_name(filter)}."


def _two_grants(one: Rule, other: Rule) -> Iterator[str]:
    if one.purpose == other.purpose or _terms(one) == _terms(other):
        return
    yield (
        f"{_name(one)} (for {one.purpose or 'no purpose'}) and {_name(other)} (for "
        f"{other.purpose or 'no purpose'}) give the same people {one.dataset} on different terms, "
        "and the system cannot tell for which purpose it is read."
    )


def _terms(grant: Rule) -> tuple[object, ...]:
    return grant.columns, both((grant.filter,)), grant.masks


_PAIRS: dict[tuple[Effect, Effect], Callable[[Rule, Rule], Iterator[str]]] = {
    (Effect.GRANT, Effect.DENY): _grant_and_denial,
    (Effect.MASK, Effect.MASK): _two_masks,
    (Effect.GRANT, Effect.MASK): _filter_and_mask,
    (Effect.FILTER, Effect.MASK): _filter_and_mask,
    (Effect.GRANT, Effect.FILTER): _grant_and_filter,
    (Effect.FILTER, Effect.DENY): _filter_and_denial,
    (Effect.GRANT, Effect.GRANT): _two_grants,
}
