"""The normal form of filters keeps their meaning, and comparisons say only what is certain."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.semantics.codec import canonical_text
from apps.semantics.evaluate import matches
from apps.semantics.filters import (
    EVERYTHING,
    NOTHING,
    And,
    Compare,
    Exists,
    Filter,
    In,
    IsNull,
    Not,
    Operator,
    Or,
    SubjectIs,
)
from apps.semantics.masks import NULL, PLAIN, REDACT, Mask, MaskFunction
from apps.semantics.simplify import (
    Change,
    attributes_of,
    bind,
    both,
    columns_of,
    compared_columns,
    either,
    is_everything,
    is_nothing,
    same,
    simplify,
    wider,
)
from tests.semantics.strategies import HOP, filters, filters_of, follow, rows

A, B = Compare("name", Operator.EQ, "EU"), Compare("region", Operator.EQ, "US")
Row = Mapping[str, Any]


@given(filters, rows)
def test_the_normal_form_matches_the_same_rows(filter: Filter, row: Row) -> None:
    before, after = matches(filter, row, follow), matches(simplify(filter), row, follow)
    assert (before is True) == (after is True)


@given(filters)
def test_the_normal_form_of_a_normal_form_is_itself(filter: Filter) -> None:
    once = simplify(filter)
    assert canonical_text(simplify(once)) == canonical_text(once)


@given(
    st.lists(filters, min_size=2, max_size=4).flatmap(
        lambda parts: st.tuples(st.just(parts), st.permutations(parts + parts[:1]))
    )
)
def test_order_and_repetition_of_parts_do_not_matter(
    parts: tuple[list[Filter], list[Filter]],
) -> None:
    one, other = (tuple(each) for each in parts)
    assert same(And(one), And(other))
    assert same(Or(one), Or(other))
    assert same(both(one), And(other))
    assert same(either(one), Or(other))


@given(filters, filters, rows)
def test_wider_says_only_what_is_so(old: Filter, new: Filter, row: Row) -> None:
    before = matches(old, row, follow) is True
    after = matches(new, row, follow) is True
    change = wider(old, new)
    if change in (Change.NARROWER, Change.EQUAL):
        assert before or not after
    if change in (Change.WIDER, Change.EQUAL):
        assert after or not before


@given(filters, filters)
def test_a_part_more_narrows_and_an_alternative_more_widens(one: Filter, other: Filter) -> None:
    assert wider(one, And((one, other))) in (Change.NARROWER, Change.EQUAL)
    assert wider(one, Or((one, other))) in (Change.WIDER, Change.EQUAL)


@given(filters_of(subject=True), rows)
def test_binding_matches_what_the_attribute_would(filter: Filter, row: Row) -> None:
    bound = bind(filter, {"region": "EU", "nowhere": ["US"]})
    assert not attributes_of(bound)
    by_hand = _replaced(filter, {"region": "EU", "nowhere": "US"})
    assert (matches(bound, row, follow) is True) == (matches(by_hand, row, follow) is True)


@given(filters_of(subject=True), rows, st.sampled_from([{}, {"region": []}, {"region": None}]))
def test_a_missing_attribute_never_shows_what_any_value_would_hide(
    filter: Filter, row: Row, attributes: dict[str, Any]
) -> None:
    if matches(bind(filter, attributes), row, follow) is True:
        for value in ("EU", "US", "", "é", "elsewhere"):
            concrete = _replaced(filter, {"region": value, "nowhere": value})
            assert matches(concrete, row, follow) is True


def _replaced(filter: Filter, values: dict[str, str]) -> Filter:
    match filter:
        case SubjectIs(column, attribute):
            return Compare(column, Operator.EQ, values[attribute])
        case Not(part):
            return Not(_replaced(part, values))
        case And(parts):
            return And(tuple(_replaced(part, values) for part in parts))
        case Or(parts):
            return Or(tuple(_replaced(part, values) for part in parts))
        case Exists(path, where):
            return Exists(path, _replaced(where, values))
        case _:
            return filter


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"r": None},
        {"r": ""},
        {"r": []},
        {"r": [{}]},
        {"r": 1.5},
        {"r": ["EU", 1]},
        {"r": ["EU", ""]},
    ],
)
def test_an_unusable_attribute_matches_nothing_negated_or_not(attributes: dict[str, Any]) -> None:
    subject = SubjectIs("region", "r")
    nested = Exists((HOP,), subject)
    for filter in (subject, Not(subject), nested, Not(nested), And((A, Not(subject)))):
        assert is_nothing(bind(filter, attributes)), filter


def test_contradictions_are_seen_to_be_nothing() -> None:
    age = "age"
    for contradiction in (
        Or(()),
        In("name", frozenset()),
        And((A, Compare("name", Operator.EQ, "US"))),
        And((A, Compare("name", Operator.NE, "EU"))),
        And((A, IsNull("name"))),
        And((IsNull("name"), Not(IsNull("name")))),
        And((Compare(age, Operator.LT, 3), Compare(age, Operator.GT, 3))),
        And((Compare(age, Operator.LT, 3), Compare(age, Operator.GE, 3))),
        And((In(age, frozenset({1, 2})), Compare(age, Operator.GT, 5))),
        And((Exists((HOP,), B), Not(Exists((HOP,), EVERYTHING)))),
        Not(EVERYTHING),
        Exists((HOP,), NOTHING),
    ):
        assert is_nothing(contradiction), contradiction
    assert not is_nothing(And((Compare(age, Operator.LE, 3), Compare(age, Operator.GE, 3))))


def test_a_column_or_its_opposite_is_not_everything_since_it_may_be_null() -> None:
    assert not is_everything(Or((A, Not(A))))
    assert is_everything(Or((IsNull("name"), Not(IsNull("name")))))
    assert is_everything(Or((A, Not(NOTHING))))
    assert is_everything(Not(Exists((HOP,), NOTHING)))


def test_sets_of_one_column_are_joined_and_intersected() -> None:
    us = Compare("name", Operator.EQ, "US")
    assert simplify(Or((A, us))) == In("name", frozenset({"EU", "US"}))
    assert simplify(And((Or((A, us)), In("name", frozenset({"US", "CH"}))))) == us
    assert simplify(In("name", frozenset({"EU"}))) == A


def test_equal_values_written_differently_are_one_filter() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    elsewhere = noon.astimezone(timezone(timedelta(hours=2)))
    assert same(Compare("t", Operator.LT, noon), Compare("t", Operator.LT, elsewhere))
    for one, other in (("1.50", "1.5"), ("-0.0", "0"), ("1E+2", "100")):
        assert same(*(Compare("n", Operator.GT, Decimal(text)) for text in (one, other)))
    assert not same(Compare("n", Operator.EQ, 1), Compare("n", Operator.EQ, True))


def test_two_paths_one_after_the_other_are_one_path() -> None:
    nested = Exists((HOP,), Exists((HOP,), A))
    assert simplify(nested) == Exists((HOP, HOP), A)


def test_what_a_filter_looks_at_is_known() -> None:
    filter = And((A, Not(Exists((HOP,), B)), SubjectIs("age", "years")))
    assert columns_of(filter) == {"name", "parent", "age"}
    assert compared_columns(filter) == {"name", "age"}
    assert attributes_of(Exists((HOP,), filter)) == {"years"}


def test_ranges_are_compared() -> None:
    def below(value: int, operator: Operator = Operator.LT) -> Filter:
        return Compare("age", operator, value)

    assert wider(below(3), below(5)) is Change.WIDER
    assert wider(below(5), below(3)) is Change.NARROWER
    assert wider(below(3), below(3, Operator.LE)) is Change.WIDER
    assert wider(below(3, Operator.GT), below(3, Operator.GE)) is Change.WIDER
    assert wider(below(3), below(3, Operator.GT)) is Change.UNKNOWN
    assert wider(Compare("age", Operator.EQ, 2), below(3)) is Change.WIDER
    assert wider(EVERYTHING, below(3)) is Change.NARROWER
    assert wider(A, B) is Change.UNKNOWN
    assert wider(Not(IsNull("age")), below(3)) is Change.NARROWER


def test_paths_are_compared_by_where_they_lead_and_turn_around_when_negated() -> None:
    wide, narrow = Exists((HOP,), EVERYTHING), Exists((HOP,), A)
    assert wider(wide, narrow) is Change.NARROWER
    assert wider(Not(wide), Not(narrow)) is Change.WIDER
    assert wider(narrow, Exists((HOP,), B)) is Change.UNKNOWN
    assert wider(narrow, Exists((HOP, HOP), A)) is Change.UNKNOWN


def test_masks_are_compared_and_a_mask_is_no_filter() -> None:
    partial, year = Mask(MaskFunction.PARTIAL, first=1), Mask(MaskFunction.YEAR)
    assert wider(PLAIN, partial) is Change.NARROWER
    assert wider(NULL, REDACT) is Change.WIDER
    assert wider(REDACT, partial) is Change.WIDER
    assert wider(year, year) is Change.EQUAL
    assert wider(year, partial) is Change.UNKNOWN
    with pytest.raises(TypeError):
        wider(EVERYTHING, NULL)
