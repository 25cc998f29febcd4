"""What one filter in normal form says about another: implies it, excludes it, completes it."""

from apps.semantics.codec import canonical_text
from apps.semantics.filters import (
    EVERYTHING,
    NOTHING,
    And,
    Compare,
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
from apps.semantics.values import compare

_DOWN = (Operator.LT, Operator.LE)
_UP = (Operator.GT, Operator.GE)
_STRICT = (Operator.LT, Operator.GT)


def holds(value: Literal, operator: Operator, literal: Literal) -> bool | None:
    """Whether the one literal compares so with the other; None when they have no common order."""
    try:
        return compare(value, operator, literal)
    except TypeError:
        return None


def set_of(leaf: Filter) -> tuple[str, frozenset[Literal]] | None:
    """The column and the values that the leaf allows it, when it is such a leaf."""
    match leaf:
        case In(column, values):
            return column, values
        case Compare(column, Operator.EQ, value):
            return column, frozenset({value})
        case _:
            return None


def implies(one: Filter, other: Filter) -> bool:
    """Whether every row that matches `one` is seen to match `other`; False is not a proof."""
    if one == NOTHING or other == EVERYTHING or canonical_text(one) == canonical_text(other):
        return True
    if isinstance(one, Or):
        return all(implies(part, other) for part in one.parts)
    if isinstance(other, And):
        return all(implies(one, part) for part in other.parts)
    if isinstance(one, And) and any(implies(part, other) for part in one.parts):
        return True
    if isinstance(other, Or):
        return any(implies(one, part) for part in other.parts)
    return _leaf_implies(one, other)


def excludes(one: Filter, other: Filter) -> bool:
    """Whether no row is seen to match both leaves; False is not a proof."""
    null = _null_column(one), _null_column(other)
    if any(null):
        return (null[0] or "") in _needed(other) or (null[1] or "") in _needed(one)
    if isinstance(one, Not) or isinstance(other, Not):
        return _denies(one, other) or _denies(other, one)
    sets = set_of(one), set_of(other)
    if sets[0] and sets[1]:
        pairs = ((a, b) for a in sets[0][1] for b in sets[1][1])
        return sets[0][0] == sets[1][0] and all(holds(a, Operator.EQ, b) is False for a, b in pairs)
    if isinstance(one, Compare) and isinstance(other, Compare) and one.column == other.column:
        return _apart(one, other) or _apart(other, one)
    return False


def completes(one: Filter, other: Filter) -> bool:
    """Whether every row is seen to match one of the two leaves; False is not a proof."""
    return _allows_the_rest(one, other) or _allows_the_rest(other, one)


def _denies(one: Filter, other: Filter) -> bool:
    """Whether `one` is the negation of something that `other` implies."""
    return isinstance(one, Not) and implies(other, one.part)


def _allows_the_rest(one: Filter, other: Filter) -> bool:
    """Whether `one` is the negation, never unknown, of something that implies `other`."""
    match one:
        case Not(IsNull() | Exists() as part):
            return implies(part, other)
    return False


def _null_column(leaf: Filter) -> str | None:
    return leaf.column if isinstance(leaf, IsNull) else None


def _needed(leaf: Filter) -> frozenset[str]:
    """The columns that cannot be NULL where the leaf is true."""
    match leaf:
        case Compare(column, _, _) | In(column, _) | SubjectIs(column, _):
            return frozenset({column})
        case Not(SubjectIs(column, _) | IsNull(column)):
            return frozenset({column})
        case Exists(path, _):
            return frozenset(path[0].columns)
        case _:
            return frozenset()


def _leaf_implies(one: Filter, other: Filter) -> bool:  # noqa: PLR0911
    match one, other:
        case _, Not(IsNull(column)):
            return column in _needed(one)
        case Exists(path, where), Exists(other_path, other_where):
            return path == other_path and implies(where, other_where)
        case Not(Exists() as part), Not(Exists() as other_part):
            return implies(other_part, part)
    values, allowed = set_of(one), set_of(other)
    if values and allowed:
        return values[0] == allowed[0] and all(
            any(holds(value, Operator.EQ, each) for each in allowed[1]) for value in values[1]
        )
    if values and isinstance(other, Compare):
        return values[0] == other.column and all(
            holds(value, other.operator, other.value) for value in values[1]
        )
    if isinstance(one, Compare) and isinstance(other, Compare):
        return one.column == other.column and _range_implies(one, other)
    return False


def _range_implies(one: Compare, other: Compare) -> bool:
    """For two comparisons of one column, neither an equality."""
    if other.operator is Operator.NE:
        if one.operator is Operator.NE:
            return holds(one.value, Operator.EQ, other.value) is True
        return holds(other.value, one.operator, one.value) is False
    for direction, order in ((_DOWN, Operator.LE), (_UP, Operator.GE)):
        if one.operator in direction and other.operator in direction:
            loses_its_end = one.operator not in _STRICT and other.operator in _STRICT
            closer = holds(one.value, order, other.value) is True
            equal = holds(one.value, Operator.EQ, other.value) is True
            return closer and not (loses_its_end and equal)
    return False


def _apart(below: Compare, above: Compare) -> bool:
    """Whether all that `below` allows lies under all that `above` allows."""
    if below.operator not in _DOWN or above.operator not in _UP:
        return False
    meets = below.operator is Operator.LE and above.operator is Operator.GE
    order = Operator.LT if meets else Operator.LE
    return holds(below.value, order, above.value) is True
