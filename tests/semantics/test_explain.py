"""Filters, masks and decisions in sentences that a person who never saw the code understands."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from apps.semantics.decide import decide
from apps.semantics.explain import describe_filter, describe_instant, describe_mask, explain
from apps.semantics.filters import (
    EVERYTHING,
    NOTHING,
    And,
    Compare,
    Exists,
    Filter,
    Hop,
    In,
    IsNull,
    Not,
    Operator,
    Or,
    SubjectIs,
)
from apps.semantics.masks import NULL, REDACT, Mask, MaskFunction
from apps.semantics.rules import Column, Effect, Rule, Shape, Tier
from tests.semantics.strategies import NOON

EU = Compare("region", Operator.EQ, "EU")
ADULT = Compare("age", Operator.GE, 18)
CITY = Hop(("city_id",), "public.city", ("id",))
COUNTRY = Hop(("country_id",), "public.country", ("id",))


@pytest.mark.parametrize(
    ("filter", "sentence"),
    [
        (EVERYTHING, "anything holds (every row)"),
        (NOTHING, "nothing holds (no row)"),
        (EU, "region is 'EU'"),
        (Compare("born", Operator.LT, date(2000, 1, 1)), "born is before 2000-01-01"),
        (Compare("active", Operator.NE, True), "active is not true"),
        (In("region", frozenset({"US", "EU"})), "region is one of 'EU' or 'US'"),
        (SubjectIs("region", "region"), "region is the person's own region"),
        (Not(IsNull("age")), "age is not empty"),
        (Not(EU), "it is not so that region is 'EU'"),
        (
            And((EU, Or((ADULT, IsNull("age"))))),
            "region is 'EU' and (age is at least 18 or age is empty)",
        ),
        (
            Exists((CITY, COUNTRY), Compare("name", Operator.EQ, "Italy")),
            "it leads by city_id to public.city, then country_id to public.country "
            "where name is 'Italy'",
        ),
    ],
)
def test_a_filter_in_words(filter: Filter, sentence: str) -> None:
    assert describe_filter(filter) == sentence


def test_a_mask_in_words() -> None:
    assert describe_mask(NULL) == "left empty (NULL)"
    assert describe_mask(Mask(MaskFunction.PARTIAL, first=1, last=2)) == (
        "cut to its first character and last 2 characters and ***"
    )
    assert describe_mask(Mask(MaskFunction.PARTIAL)) == "replaced by ***"
    assert describe_mask(Mask(MaskFunction.BUCKET, size=10)) == "rounded down to a multiple of 10"
    for function in MaskFunction:
        arguments = {"bucket": {"size": 1}, "token": {"domain": "d"}}.get(function, {})
        assert describe_mask(Mask(function, **arguments))  # type: ignore[arg-type]


def test_an_instant_in_words_is_in_utc() -> None:
    assert describe_instant(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == (
        "2025-12-31 23:00 UTC"
    )
    assert describe_instant(datetime(2026, 1, 1, 1, 0, 5, tzinfo=UTC)) == "2026-01-01 01:00:05 UTC"


def test_a_decision_says_who_what_why_and_what_would_have_to_change() -> None:
    shape = Shape("s.t", (Column("a", "text"), Column("region", "text"), Column("secret", "text")))
    alice = frozenset({"alice"})
    grant = Rule("g", "grant:G-1", Effect.GRANT, "s.t", alice, filter=EU, until=NOON + timedelta(1))
    mask = Rule("m", "policy:mask", Effect.MASK, "s.t", columns=frozenset("a"), mask=REDACT)
    denial = Rule(
        "d", "policy:deny", Effect.DENY, "s.t", columns=frozenset({"secret"}), tier=Tier.GUARDRAIL
    )
    said = explain(decide([grant, mask, denial], principal="alice", shape=shape, at=NOON))
    assert said.who == "This is what alice may read of s.t at 2026-03-01 12:00 UTC."
    assert said.what == ("Where region is 'EU': region in full; a replaced by ***.",)
    assert said.why == (
        "grant:G-1 lets alice read a and region of s.t where region is 'EU' "
        "until 2026-03-02 12:00 UTC.",
        "policy:deny denies alice secret of s.t.",
        "policy:mask has a replaced by ***.",
    )
    assert said.change == (
        "policy:deny is a guardrail: it would have to be changed itself.",
        "To see it in full, an exemption from policy:mask would have to be approved.",
        "This may change by itself at 2026-03-02 12:00 UTC.",
    )


def test_a_refusal_says_what_to_do() -> None:
    shape = Shape("s.t", (Column("a", "text"),))
    said = explain(decide([], principal="alice", shape=shape, at=NOON))
    assert said.what == ("Nothing.",)
    assert said.change == ("Ask for access to s.t.",)


def test_losing_rules_are_named_with_what_they_lost_to() -> None:
    shape = Shape("s.t", (Column("a", "text"),))
    grant = Rule(
        "g", "grant:G-1", Effect.GRANT, "s.t", tier=Tier.EXCEPTION, until=NOON + timedelta(1)
    )
    denial = Rule("d", "policy:deny", Effect.DENY, "s.t")
    mask = Rule("m", "policy:mask", Effect.MASK, "s.t", mask=REDACT)
    exempt = Rule(
        "e", "policy:free", Effect.MASK, "s.t", tier=Tier.EXCEPTION, mask=Mask(MaskFunction.NONE)
    )
    past = Rule("p", "grant:G-0", Effect.GRANT, "s.t", until=NOON)
    out = Rule("o", "policy:out", Effect.DENY, "s.t", excepted=frozenset({"alice"}))
    decision = decide(
        [grant, denial, mask, exempt, past, out], principal="alice", shape=shape, at=NOON
    )
    lost = {reason.origin: reason.text for reason in decision.reasons if not reason.contributed}
    assert lost == {
        "grant:G-0": "grant:G-0 (grant of every column) ended at 2026-03-01 12:00 UTC.",
        "policy:deny": "policy:deny denies alice every column of s.t, "
        "but the exception grant:G-1 prevails.",
        "policy:mask": "policy:mask has a replaced by ***, which policy:free lifts.",
        "policy:out": "policy:out (deny of every column) does not apply, as alice is excepted.",
    }
