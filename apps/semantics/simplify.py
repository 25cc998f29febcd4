"""The normal form of filters: what is everything or nothing, what equals what, what is wider."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from apps.semantics.codec import canonical_text
from apps.semantics.filters import (
    EVERYTHING,
    NOTHING,
    And,
    Compare,
    Everything,
    Exists,
    Filter,
    In,
    IsNull,
    Literal,
    Not,
    Operator,
    Or,
    SubjectIs,
)
from apps.semantics.implication import completes, excludes, holds, implies, set_of
from apps.semantics.masks import Mask, strictest

_OPPOSITE = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.LT: Operator.GE,
    Operator.GE: Operator.LT,
    Operator.GT: Operator.LE,
    Operator.LE: Operator.GT,
}


def simplify(filter: Filter) -> Filter:
    """The normal form: it matches exactly the same rows, an unknown answer being no match.

    Negations stand at the leaves, parts are flat, sorted and without those that add nothing, and
    the sets of one column are joined or intersected. Equal in normal form means equal in meaning;
    the converse holds often, not always.
    """
    return _normal(_pushed(filter, positive=True))


def is_everything(filter: Filter) -> bool:
    """Whether it is seen to match every row."""
    return simplify(filter) == EVERYTHING


def is_nothing(filter: Filter) -> bool:
    """Whether it is seen to match no row."""
    return simplify(filter) == NOTHING


def same(one: Filter, other: Filter) -> bool:
    """Whether both have one normal form: order, repetition and nesting do not matter."""
    return canonical_text(simplify(one)) == canonical_text(simplify(other))


def either(filters: Iterable[Filter]) -> Filter:
    """The rows that some of the filters match, in normal form."""
    return simplify(Or(tuple(filters)))


def both(filters: Iterable[Filter]) -> Filter:
    """The rows that all of the filters match, in normal form."""
    return simplify(And(tuple(filters)))


# What a filter looks at


def columns_of(filter: Filter) -> frozenset[str]:
    """The columns of the dataset itself that it looks at, those of foreign keys included."""
    return frozenset(_columns(filter, keys=True))


def compared_columns(filter: Filter) -> frozenset[str]:
    """The columns of the dataset itself whose values decide, foreign keys left aside."""
    return frozenset(_columns(filter, keys=False))


def attributes_of(filter: Filter) -> frozenset[str]:
    """The attributes of the person that it depends on and that are not yet bound."""
    match filter:
        case SubjectIs(_, attribute):
            return frozenset({attribute})
        case Not(part) | Exists(_, part):
            return attributes_of(part)
        case And(parts) | Or(parts):
            return frozenset[str]().union(*(attributes_of(part) for part in parts))
        case _:
            return frozenset()


def _columns(filter: Filter, *, keys: bool) -> Iterator[str]:
    match filter:
        case Compare(column, _, _) | In(column, _) | SubjectIs(column, _) | IsNull(column):
            yield column
        case Not(part):
            yield from _columns(part, keys=keys)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _columns(part, keys=keys)
        case Exists(path, _):
            yield from path[0].columns if keys else ()


# Binding to a person


def bind(filter: Filter, attributes: Mapping[str, object]) -> Filter:
    """The filter for one person, in normal form: `SubjectIs` becomes a comparison.

    An attribute is one value or a list of them. Where it is missing, empty or of a kind that no
    column holds, the comparison matches nothing, negated too; a negated path over it as well.
    """
    return _normal(_bound(_pushed(filter, positive=True), attributes))


def _bound(filter: Filter, attributes: Mapping[str, object]) -> Filter:  # noqa: PLR0911
    match filter:
        case SubjectIs(column, attribute):
            return In(column, _values(attributes.get(attribute)))
        case Not(SubjectIs(column, attribute)):
            values = _values(attributes.get(attribute))
            unequal = tuple(Compare(column, Operator.NE, value) for value in values)
            return And(unequal) if unequal else NOTHING
        case Not(Exists(path, where)):
            if any(not _values(attributes.get(name)) for name in attributes_of(where)):
                return NOTHING
            return Not(Exists(path, _bound(where, attributes)))
        case Exists(path, where):
            return Exists(path, _bound(where, attributes))
        case And(parts):
            return And(tuple(_bound(part, attributes) for part in parts))
        case Or(parts):
            return Or(tuple(_bound(part, attributes) for part in parts))
        case _:
            return filter


def _values(attribute: object) -> frozenset[Literal]:
    """The values of an attribute; none at all when one of them could be in no column."""
    given = attribute if isinstance(attribute, list | tuple | set | frozenset) else (attribute,)
    usable = [each for each in given if isinstance(each, bool | int | str | Decimal | date)]
    try:
        kept = In("attribute", frozenset(usable)).values
    except ValueError:
        return frozenset()
    return kept if len(usable) == len(given) and "" not in kept else frozenset()


# Comparing old and new


class Change(StrEnum):
    """How a new filter or mask compares with the old one."""

    EQUAL = "equal"
    NARROWER = "narrower"
    WIDER = "wider"
    UNKNOWN = "unknown"


def wider(old: Filter | Mask, new: Filter | Mask) -> Change:
    """What going from old to new does, said only when it is certain; otherwise UNKNOWN.

    NARROWER: nothing that old hid is shown. Raises TypeError for a filter against a mask.
    """
    if isinstance(old, Mask) and isinstance(new, Mask):
        return _change(less=_hides(new, old), more=_hides(old, new))
    if isinstance(old, Mask) or isinstance(new, Mask):
        raise TypeError("a mask cannot be compared with a filter")
    before, after = simplify(old), simplify(new)
    return _change(less=implies(after, before), more=implies(before, after))


def _change(*, less: bool, more: bool) -> Change:
    if less and more:
        return Change.EQUAL
    if less:
        return Change.NARROWER
    return Change.WIDER if more else Change.UNKNOWN


def _hides(one: Mask, other: Mask) -> bool:
    """Whether `one` hides at least what `other` hides."""
    return strictest((one, other)) == one


# The normal form. Negations go to the leaves first, by steps that Kleene's logic allows; a leaf is
# then Compare, In, SubjectIs, IsNull, Exists, or the Not of one of the last three. Above the
# leaves only And and Or are left, for which an unknown leaf may be read as false.


def _pushed(filter: Filter, *, positive: bool) -> Filter:  # noqa: PLR0911
    match filter:
        case Everything():
            return EVERYTHING if positive else NOTHING
        case Not(part):
            return _pushed(part, positive=not positive)
        case And(parts) | Or(parts):
            pushed = tuple(_pushed(part, positive=positive) for part in parts)
            return And(pushed) if isinstance(filter, And) == positive else Or(pushed)
        case Compare(column, operator, value):
            return filter if positive else Compare(column, _OPPOSITE[operator], value)
        case In(column, values):
            if positive:
                return filter
            return And(tuple(Compare(column, Operator.NE, value) for value in values))
        case Exists(path, where):
            pushed_path = Exists(path, _pushed(where, positive=True))
            return pushed_path if positive else Not(pushed_path)
        case SubjectIs() | IsNull():
            return filter if positive else Not(filter)


def _normal(filter: Filter) -> Filter:  # noqa: PLR0911
    match filter:
        case And(parts):
            return _all(_flat(And, parts))
        case Or(parts):
            return _any(_flat(Or, parts))
        case Compare(column, operator, value):
            return Compare(column, operator, _plain(value))
        case In(column, values):
            return _among(column, frozenset(_plain(value) for value in values))
        case Exists(path, where):
            inner = _normal(where)
            if isinstance(inner, Exists):
                return Exists(path + inner.path, inner.where)
            return NOTHING if inner == NOTHING else Exists(path, inner)
        case Not(Exists() as part):
            inner = _normal(part)
            return EVERYTHING if inner == NOTHING else Not(inner)
        case _:
            return filter


def _plain(value: Literal) -> Literal:
    """One way of writing for equal values: decimals without trailing zeros, instants in UTC."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return Decimal("0" if text in ("-0", "-", "") else text)
    if isinstance(value, datetime) and value.utcoffset() is not None:
        try:
            return value.astimezone(UTC)
        except OverflowError:
            return value
    return value


def _among(column: str, values: frozenset[Literal]) -> Filter:
    if not values:
        return NOTHING
    if len(values) == 1:
        return Compare(column, Operator.EQ, next(iter(values)))
    return In(column, values)


def _flat(kind: type[And] | type[Or], parts: Iterable[Filter]) -> Iterator[Filter]:
    for part in parts:
        normal = _normal(part)
        if isinstance(normal, kind):
            yield from normal.parts
        else:
            yield normal


def _all(parts: Iterable[Filter]) -> Filter:
    kept = _with_sets(parts, lambda one, other: one & other)
    kept = [_fitting(part, kept) for part in kept]
    if NOTHING in kept or _some_pair(kept, excludes):
        return NOTHING
    kept = _without(kept, lambda part, other: implies(other, part))
    return _joined(And, [part for part in kept if part != EVERYTHING], empty=EVERYTHING)


def _any(parts: Iterable[Filter]) -> Filter:
    kept = _with_sets(parts, lambda one, other: one | other)
    if EVERYTHING in kept or _some_pair(kept, completes):
        return EVERYTHING
    kept = _without(kept, implies)
    return _joined(Or, [part for part in kept if part != NOTHING], empty=NOTHING)


def _with_sets(
    parts: Iterable[Filter],
    merge: Callable[[frozenset[Literal], frozenset[Literal]], frozenset[Literal]],
) -> list[Filter]:
    """The parts, with the sets of one column and one type of value merged into one set."""
    sets: dict[tuple[str, type], frozenset[Literal]] = {}
    others: dict[str, Filter] = {}
    for part in parts:
        found = set_of(part)
        if found is None:
            others[canonical_text(part)] = part
            continue
        column, values = found
        key = column, type(next(iter(values)))
        sets[key] = merge(sets[key], values) if key in sets else values
        if not sets[key]:
            return [NOTHING]
    return [*others.values(), *(_among(column, values) for (column, _), values in sets.items())]


def _fitting(part: Filter, parts: list[Filter]) -> Filter:
    """A set without the values that a comparison beside it rules out."""
    found = set_of(part)
    if found is None:
        return part
    column, values = found
    rivals = [each for each in parts if isinstance(each, Compare) and each.column == column]
    return _among(
        column,
        frozenset(
            value
            for value in values
            if all(holds(value, each.operator, each.value) is not False for each in rivals)
        ),
    )


def _some_pair(parts: list[Filter], related: Callable[[Filter, Filter], bool]) -> bool:
    return any(related(one, other) for n, one in enumerate(parts) for other in parts[:n])


def _without(parts: list[Filter], redundant: Callable[[Filter, Filter], bool]) -> list[Filter]:
    """The parts without those that are redundant beside another; of two equals the first stays."""
    kept = sorted(parts, key=canonical_text)
    for part in tuple(kept):
        if any(other is not part and redundant(part, other) for other in kept):
            kept = [other for other in kept if other is not part]
    return kept


def _joined(kind: type[And] | type[Or], parts: list[Filter], *, empty: Filter) -> Filter:
    if not parts:
        return empty
    return parts[0] if len(parts) == 1 else kind(tuple(parts))
