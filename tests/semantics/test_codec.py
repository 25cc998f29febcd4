"""Rules, masks and filters survive JSON exactly; anything else is refused with its path."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import Invalid
from apps.semantics.codec import (
    decode_filter,
    decode_literal,
    decode_mask,
    decode_masks,
    decode_rule,
    encode_filter,
    encode_literal,
    encode_mask,
    encode_masks,
    encode_rule,
)
from apps.semantics.filters import Filter, Literal
from apps.semantics.masks import Mask
from apps.semantics.rules import Effect, Rule
from tests.semantics.strategies import any_mask, filters_of, literals, rules


def through_json(value: object) -> Any:
    return json.loads(json.dumps(value))


@given(rules())
def test_a_rule_survives(rule: Rule) -> None:
    assert decode_rule(through_json(encode_rule(rule))) == rule


@given(filters_of(subject=True))
def test_a_filter_survives(filter: Filter) -> None:
    assert decode_filter(through_json(encode_filter(filter))) == filter


@given(any_mask)
def test_a_mask_survives(mask: Mask) -> None:
    assert decode_mask(through_json(encode_mask(mask))) == mask
    assert decode_masks(through_json(encode_masks({"a": mask}))) == {"a": mask}


@given(literals)
def test_a_literal_keeps_its_value_and_its_type(literal: Literal) -> None:
    again = decode_literal(through_json(encode_literal(literal)))
    assert again == literal
    assert type(again) is type(literal)
    assert str(again) == str(literal)


COMPARE = {"kind": "compare", "column": "a", "operator": "=", "value": 1}


@pytest.mark.parametrize(
    ("filter", "path"),
    [
        (None, "filter.kind"),
        ({}, "filter.kind"),
        ({"kind": "sql", "text": "true"}, "filter.kind"),
        ({"kind": "everything", "really": True}, "filter.really"),
        ({"kind": "and", "parts": [COMPARE, {"kind": "not"}]}, "filter.parts[1].part"),
        (COMPARE | {"operator": "like"}, "filter.operator"),
        (COMPARE | {"value": None}, "filter.value"),
        (COMPARE | {"value": 1.5}, "filter.value"),
        (COMPARE | {"value": {"decimal": "many"}}, "filter.value.decimal"),
        (COMPARE | {"value": {"decimal": "NaN"}}, "filter"),
        (COMPARE | {"value": {"date": "2026-02-30"}}, "filter.value.date"),
        (COMPARE | {"value": {"money": "1"}}, "filter.value.money"),
        (COMPARE | {"value": "\0"}, "filter"),
        (COMPARE | {"column": ""}, "filter.column"),
        (COMPARE | {"column": 3}, "filter.column"),
        ({"kind": "in", "column": "a", "values": [1, "1"]}, "filter"),
        ({"kind": "in", "column": "a", "values": [True, 1]}, "filter"),
        ({"kind": "in", "column": "a", "values": "ab"}, "filter.values"),
        ({"kind": "exists", "path": [], "where": COMPARE}, "filter.path"),
        (
            {"kind": "exists", "path": [{"columns": ["a"], "to_dataset": "s.t"}], "where": COMPARE},
            "filter.path[0].to_columns",
        ),
    ],
)
def test_a_filter_that_is_none_is_refused_with_the_path(filter: object, path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decode_filter(filter)
    assert list(refusal.value.fields) == [path]
    assert path in refusal.value.detail


def test_a_filter_as_deep_as_a_well_is_refused_and_not_recursed_into() -> None:
    deep: dict[str, Any] = COMPARE
    for _ in range(5000):
        deep = {"kind": "not", "part": deep}
    with pytest.raises(Invalid, match="levels deep"):
        decode_filter(deep)


@pytest.mark.parametrize(
    ("mask", "path"),
    [
        ("null", "mask.function"),
        ({"function": "blur"}, "mask.function"),
        ({"function": "partial", "first": 1}, "mask.last"),
        ({"function": "partial", "first": 1, "last": True}, "mask.last"),
        ({"function": "partial", "first": -1, "last": 0}, "mask"),
        ({"function": "bucket", "size": 0}, "mask"),
        ({"function": "null", "size": 3}, "mask.size"),
        ({"function": "token", "domain": ""}, "mask.domain"),
    ],
)
def test_a_mask_that_is_none_is_refused_with_the_path(mask: object, path: str) -> None:
    with pytest.raises(Invalid) as refusal:
        decode_mask(mask)
    assert list(refusal.value.fields) == [path]


@given(rules(), st.data())
def test_leaving_out_any_key_of_a_rule_is_refused(rule: Rule, data: st.DataObject) -> None:
    encoded = encode_rule(rule)
    left_out = data.draw(st.sampled_from(sorted(encoded)))
    del encoded[left_out]
    with pytest.raises(Invalid) as refusal:
        decode_rule(encoded)
    assert list(refusal.value.fields) == [f"rule.{left_out}"]


@given(rules(Effect.GRANT))
def test_a_rule_that_is_none_is_refused_with_the_path(rule: Rule) -> None:
    good = encode_rule(rule)
    for key, bad, path in (
        ("effect", "allow", "rule.effect"),
        ("tier", None, "rule.tier"),
        ("principals", "alice", "rule.principals"),
        ("principals", ["alice", "alice"], "rule.principals"),
        ("columns", [1], "rule.columns[0]"),
        ("mask", {"function": "null"}, "rule"),
        ("until", "tomorrow", "rule.until"),
        ("until", "2026-01-01T00:00:00", "rule"),
        ("purpose", None, "rule.purpose"),
        ("surprise", 1, "rule.surprise"),
    ):
        with pytest.raises(Invalid) as refusal:
            decode_rule(deepcopy(good) | {key: bad})
        assert list(refusal.value.fields) == [path]
