"""Properties of the one decision, each for random rules, people, rows and instants."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from apps.semantics.decide import decide
from apps.semantics.evaluate import mask_of
from apps.semantics.filters import Compare, Operator
from apps.semantics.masks import NULL, PLAIN, REDACT, Mask, MaskFunction, strictest
from apps.semantics.rules import Action, Column, Decision, Effect, Rule, Shape, Tier
from tests.semantics import naive
from tests.semantics.strategies import (
    COLUMNS,
    DATASET,
    NOON,
    follow,
    generous_lists,
    instants,
    rows,
    rule_lists,
    rules,
    shapes,
)

Row = Mapping[str, Any]


def decided(rules: list[Rule], shape: Shape, **asked: Any) -> Decision:
    return decide(rules, **({"principal": "alice", "shape": shape, "at": NOON} | asked))


def cells(decision: Decision, table: list[Row]) -> list[Mask | None]:
    return [mask_of(decision, row, column, follow) for row in table for column in COLUMNS]


def hides(one: Mask | None, other: Mask | None) -> bool:
    """Whether `one` shows nothing of a cell that `other` hides."""
    if one is None:
        return True
    return other is not None and strictest((one, other)) == one


tables = st.lists(rows, min_size=1, max_size=4)


@given(rule_lists, shapes, tables, instants)
def test_a_second_reading_of_the_rules_shows_the_same_cells(
    drawn: list[Rule], shape: Shape, table: list[Row], at: Any
) -> None:
    _reads_the_same(drawn, shape, table, at)


@given(generous_lists(), shapes, tables)
def test_grants_that_meet_show_each_cell_as_a_second_reading_does(
    drawn: list[Rule], shape: Shape, table: list[Row]
) -> None:
    _reads_the_same(drawn, shape, table, NOON)


def _reads_the_same(drawn: list[Rule], shape: Shape, table: list[Row], at: Any) -> None:
    decision = decided(drawn, shape, at=at)
    for row in table:
        for column in COLUMNS:
            mask = mask_of(decision, row, column, follow)
            words = {None: "hidden", PLAIN: "plain", NULL: "null", REDACT: "redact"}
            expected = naive.shown(drawn, "alice", shape, row, column, at)
            assert words.get(mask, str(mask)) == expected


@given(rule_lists.flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))), shapes)
def test_the_order_of_rules_does_not_matter(
    drawn: tuple[list[Rule], list[Rule]], shape: Shape
) -> None:
    assert decided(drawn[0], shape) == decided(drawn[1], shape)


@given(rule_lists, shapes)
def test_the_names_of_rules_do_not_matter(drawn: list[Rule], shape: Shape) -> None:
    renamed = [
        replace(rule, key=f"{len(drawn) - n}", origin=f"policy:{len(drawn) - n}")
        for n, rule in enumerate(drawn)
    ]
    before, after = decided(drawn, shape), decided(renamed, shape)
    assert [(b.columns, b.filter) for b in before.branches] == [
        (b.columns, b.filter) for b in after.branches
    ]
    assert before.next_change == after.next_change
    assert sorted(r.contributed for r in before.reasons) == sorted(
        r.contributed for r in after.reasons
    )


@given(rule_lists, rules(), shapes)
def test_a_rule_about_somebody_else_changes_nothing(
    drawn: list[Rule], other: Rule, shape: Shape
) -> None:
    unrelated = replace(other, principals=frozenset({"carol"}))
    assert decided([*drawn, unrelated], shape) == decided(drawn, shape)
    elsewhere = replace(other, dataset="sales.other")
    assert decided([*drawn, elsewhere], shape) == decided(drawn, shape)


@given(rule_lists, rules(), shapes, tables)
def test_one_restriction_more_never_shows_more(
    drawn: list[Rule], more: Rule, shape: Shape, table: list[Row]
) -> None:
    assume(more.effect is not Effect.GRANT and not more.is_exemption)
    before, after = (
        cells(decided(drawn, shape), table),
        cells(decided([*drawn, more], shape), table),
    )
    assert all(hides(new, old) for old, new in zip(before, after, strict=True))


@given(rule_lists, rules(Effect.GRANT), shapes)
def test_a_grant_given_and_taken_back_leaves_no_trace(
    drawn: list[Rule], grant: Rule, shape: Shape
) -> None:
    given_once = [*drawn, grant]
    given_once.remove(grant)
    assert decided(given_once, shape) == decided(drawn, shape)
    until_now = replace(grant, valid_from=None, until=NOON)
    after = decided([*drawn, until_now], shape)
    assert after.branches == decided(drawn, shape).branches


@given(rule_lists, rules(Effect.GRANT), shapes, tables)
def test_one_grant_more_hides_no_row_and_no_column(
    drawn: list[Rule], grant: Rule, shape: Shape, table: list[Row]
) -> None:
    before, after = (
        cells(decided(drawn, shape), table),
        cells(decided([*drawn, grant], shape), table),
    )
    assert all(new is not None for old, new in zip(before, after, strict=True) if old is not None)


@given(rule_lists, shapes)
def test_nothing_changes_before_the_next_change(drawn: list[Rule], shape: Shape) -> None:
    decision = decided(drawn, shape)
    if decision.next_change is None:
        assert decided(drawn, shape, at=NOON + timedelta(days=99)).branches == decision.branches
        return
    just_before = decision.next_change - timedelta(microseconds=1)
    assert decided(drawn, shape, at=just_before).branches == decision.branches


@given(rule_lists, shapes)
def test_every_rule_about_the_person_has_its_sentence_and_no_other_rule_has(
    drawn: list[Rule], shape: Shape
) -> None:
    about = sorted(
        (rule.origin, rule.key)
        for rule in drawn
        if rule.action is Action.READ and rule.names("alice")
    )
    reasons = decided(drawn, shape).reasons
    assert sorted((r.origin, r.rule) for r in reasons if r.rule) == about
    assert all(reason.text.endswith(".") and reason.text[0] for reason in reasons)


@given(rule_lists, shapes, tables)
def test_asked_for_a_purpose_nothing_of_another_purpose_shows(
    drawn: list[Rule], shape: Shape, table: list[Row]
) -> None:
    asked = decided(drawn, shape, purpose="audit")
    alone = decided([rule for rule in drawn if rule.purpose in ("", "audit")], shape)
    assert cells(asked, table) == cells(alone, table)


# The examples that settled the questions

SHAPE = Shape(DATASET, tuple(Column(name, "text") for name in ("a", "b", "c")))


def rule(key: str, effect: Effect = Effect.GRANT, **parts: Any) -> Rule:
    people = frozenset({"alice"})
    return Rule(key, f"grant:{key}", effect, DATASET, **({"principals": people} | parts))


def where(column: str, value: str) -> Compare:
    return Compare(column, Operator.EQ, value)


def test_two_grants_never_become_all_columns_of_both_in_all_rows_of_both() -> None:
    shape = replace(SHAPE, columns=(*SHAPE.columns, Column("region", "text")))
    eu = rule("1", columns=frozenset("ab"), filter=where("region", "EU"))
    us = rule("2", columns=frozenset("ac"), filter=where("region", "US"))
    decision = decided([eu, us], shape)
    table = [{"a": "1", "b": "2", "c": "3", "region": region} for region in ("EU", "US", "CH")]
    seen = [{n for n in "abc" if mask_of(decision, row, n) is not None} for row in table]
    assert seen == [{"a", "b"}, {"a", "c"}, set()]
    assert len(decision.branches) == 2


def test_grants_of_equal_columns_or_of_equal_rows_become_one_branch() -> None:
    one, other = where("a", "EU"), where("a", "US")
    stacked = decided([rule("1", filter=one), rule("2", filter=other)], SHAPE)
    beside = decided([rule("1", columns=frozenset("a")), rule("2", columns=frozenset("b"))], SHAPE)
    assert [len(d.branches) for d in (stacked, beside)] == [1, 1]
    assert [name for name, _ in beside.branches[0].columns] == ["a", "b"]
    assert stacked.branches[0].origins == ("grant:1", "grant:2")


def test_a_grant_ends_at_the_very_instant_it_says() -> None:
    ending = rule("1", valid_from=NOON, until=NOON + timedelta(hours=1))
    instant = timedelta(microseconds=1)
    assert not decided([ending], SHAPE, at=NOON - instant).allowed
    assert decided([ending], SHAPE, at=NOON).allowed
    assert decided([ending], SHAPE, at=NOON + timedelta(hours=1) - instant).allowed
    assert not decided([ending], SHAPE, at=NOON + timedelta(hours=1)).allowed
    assert decided([ending], SHAPE, at=NOON).next_change == NOON + timedelta(hours=1)


def test_nothing_is_granted_by_no_rules() -> None:
    decision = decided([], SHAPE)
    assert not decision.allowed
    assert decision.reasons[0].text == "Nothing grants alice access to sales.people."


def test_a_guardrail_denies_an_exception_grants_over_a_standard_denial() -> None:
    exception = rule("1", tier=Tier.EXCEPTION)
    for tier, allowed in ((Tier.GUARDRAIL, False), (Tier.STANDARD, True), (Tier.EXCEPTION, False)):
        denial = rule("2", Effect.DENY, tier=tier)
        assert decided([exception, denial], SHAPE).allowed is allowed, tier
    assert not decided([rule("1"), rule("2", Effect.DENY)], SHAPE).allowed
    assert not decided([rule("1", tier=Tier.GUARDRAIL)], SHAPE).allowed


def test_denying_a_column_takes_away_the_column_alone() -> None:
    decision = decided([rule("1"), rule("2", Effect.DENY, columns=frozenset("b"))], SHAPE)
    assert [name for name, _ in decision.branches[0].columns] == ["a", "c"]


def test_an_exemption_lifts_standard_masks_and_no_other() -> None:
    exempt = rule("9", Effect.MASK, tier=Tier.EXCEPTION, mask=PLAIN, columns=frozenset("a"))
    tiers = ((Tier.STANDARD, PLAIN), (Tier.EXCEPTION, REDACT), (Tier.GUARDRAIL, REDACT))
    for tier, expected in tiers:
        mask = rule("2", Effect.MASK, tier=tier, mask=REDACT)
        decision = decided([rule("1"), mask, exempt], SHAPE)
        assert dict(decision.branches[0].columns) == {"a": expected, "b": REDACT, "c": REDACT}


def test_an_exemption_does_not_lift_the_terms_of_a_grant() -> None:
    exempt = rule("9", Effect.MASK, tier=Tier.EXCEPTION, mask=PLAIN)
    decision = decided([rule("1", masks=(("a", REDACT),)), exempt], SHAPE)
    assert dict(decision.branches[0].columns)["a"] == REDACT


def test_an_unclassified_column_is_null_whatever_was_granted() -> None:
    shape = Shape(DATASET, (Column("a", "text"), Column("b", "text", classified=False)))
    exempt = rule("9", Effect.MASK, tier=Tier.EXCEPTION, mask=PLAIN)
    decision = decided([rule("1"), exempt], shape)
    assert dict(decision.branches[0].columns) == {"a": PLAIN, "b": NULL}
    assert any(reason.remedy == "Classify b of sales.people." for reason in decision.reasons)


def test_a_filter_on_some_columns_narrows_those_columns_alone() -> None:
    narrowing = rule("2", Effect.FILTER, columns=frozenset("b"), filter=where("a", "EU"))
    decision = decided([rule("1"), narrowing], SHAPE)
    inside, outside = {"a": "EU", "b": "x", "c": "y"}, {"a": "US", "b": "x", "c": "y"}
    assert [mask_of(decision, row, "b") for row in (inside, outside)] == [PLAIN, None]
    assert [mask_of(decision, row, "c") for row in (inside, outside)] == [PLAIN, PLAIN]


def test_a_filter_over_a_column_that_is_gone_shows_no_row() -> None:
    decision = decided([rule("1", filter=where("gone", "EU"))], SHAPE)
    assert not decision.allowed
    assert "depend on gone, which is not a column any more" in decision.reasons[0].text


def test_redact_over_one_mask_meets_another_mask_as_null() -> None:
    partial, token = Mask(MaskFunction.PARTIAL, first=1), Mask(MaskFunction.TOKEN, domain="x")
    one = rule("1", filter=where("b", "EU"), masks=(("a", token),))
    other = rule("2", filter=where("c", "EU"), masks=(("a", partial),))
    everywhere = rule("3", Effect.MASK, columns=frozenset("a"), mask=REDACT)
    only_one = replace(everywhere, principals=frozenset({"alice"}))
    row = {"a": "x", "b": "EU", "c": "EU"}
    assert mask_of(decided([one, other], SHAPE), row, "a") == NULL
    assert mask_of(decided([one, other, only_one], SHAPE), row, "a") == NULL
    assert mask_of(decided([one, only_one], SHAPE), row, "a") == REDACT
    assert len(decided([one, only_one], SHAPE).branches) == 1


def test_a_way_that_another_covers_is_left_out_and_no_other_is() -> None:
    eu = where("b", "EU")
    wide, narrow = rule("1"), rule("2", filter=eu)
    assert len(decided([wide, narrow], SHAPE).branches) == 1
    stricter = rule("2", filter=eu, masks=(("a", REDACT),))
    assert len(decided([wide, stricter], SHAPE).branches) == 2
    apart = rule("2", columns=frozenset("a"), filter=where("c", "EU"))
    assert len(decided([rule("1", filter=eu), apart], SHAPE).branches) == 2


def test_two_grants_over_the_same_rows_mask_their_common_column_by_the_strictest() -> None:
    hashed = Mask(MaskFunction.HASH)
    one, other = rule("1", masks=(("a", hashed),)), rule("2", masks=(("a", REDACT),))
    (branch,) = decided([one, other], SHAPE).branches
    assert dict(branch.columns)["a"] == REDACT
    (branch,) = decided([one, rule("2")], SHAPE).branches
    assert dict(branch.columns)["a"] == hashed
