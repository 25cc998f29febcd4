"""Policies become rules: who and what is meant, and what is never given by accident."""

from dataclasses import replace
from typing import Any

import pytest

from apps.policies.compile import Said, columns_meant, is_meant, rules_for
from apps.policies.definition import (
    Chosen,
    Level,
    Resource,
    Standing,
    Subject,
    SubjectKind,
    Subjects,
    TagMask,
)
from apps.policies.estate import Estate, Facts, Person
from apps.policies.expressions import AllOf, AnyOf, Classified, HasTag, NoneOf, describe, holds
from apps.semantics.filters import NOTHING, Compare, Operator, SubjectIs
from apps.semantics.masks import PLAIN, REDACT, Mask, MaskFunction
from apps.semantics.rules import Effect, Tier

EVERYONE = (Subject(SubjectKind.EVERYONE),)
EMAIL = HasTag("pii.email")
ANNA = Person("anna", "anna@x", teams=frozenset({"sales"}), attributes={"region": "EU"})
BEN = Person("ben", "ben@x", roles=frozenset({("auditor", "")}), attributes={"region": "US"})
CARA = Person("cara", "cara@x", roles=frozenset({("owner", "finance")}))
GONE = Person("gone", "gone@x", active=False, teams=frozenset({"sales"}))
ORDERS = Facts(
    "w/s.orders",
    "s.orders",
    domain="sales",
    columns={
        "id": frozenset({"public.none"}),
        "email": frozenset({"pii.email", "pii"}),
        "new": frozenset(),
    },
)
LOG = Facts("w/s.log", "s.log", tags=frozenset({"internal"}), columns={"line": frozenset()})
ESTATE = Estate("w", (ANNA, BEN, CARA, GONE), (ORDERS, LOG))


def said(effect: Effect = Effect.MASK, **more: Any) -> Said:
    parts: dict[str, Any] = {
        "subjects": Subjects(EVERYONE),
        "resource": Resource(tags=EMAIL),
        "mask": REDACT if effect is Effect.MASK else None,
    }
    definition = {name: more.pop(name) for name in tuple(more) if name in Standing.__slots__}
    return Said("policy:p@1", effect, Tier.STANDARD, Standing(**(parts | definition)), **more)


def people(*subjects: Subject, excepted: tuple[Subject, ...] = ()) -> Subjects:
    return Subjects(subjects, excepted)


SALES = Subject(SubjectKind.TEAM, "sales")
AUDITORS = Subject(SubjectKind.ROLE, "auditor")


def test_a_restriction_upon_everyone_is_upon_principals_whom_nobody_knows_as_well() -> None:
    (rule,) = rules_for(said(subjects=people(*EVERYONE, excepted=(SALES,))), ESTATE)
    assert rule.principals is None
    assert rule.excepted == {"anna", "gone"}
    assert (rule.dataset, rule.columns, rule.key) == ("s.orders", {"email"}, "s.orders")


def test_a_grant_to_everyone_is_to_active_people_with_an_account() -> None:
    (rule,) = rules_for(said(Effect.GRANT), ESTATE)
    assert rule.principals == {"anna", "ben", "cara"}


def test_a_deactivated_member_is_restricted_and_never_granted() -> None:
    (granting,) = rules_for(said(Effect.GRANT, subjects=people(SALES)), ESTATE)
    (masking,) = rules_for(said(subjects=people(SALES)), ESTATE)
    assert granting.principals == {"anna"}
    assert masking.principals == {"anna", "gone"}


def test_a_policy_about_nobody_makes_no_rule() -> None:
    assert (
        rules_for(said(Effect.GRANT, subjects=people(Subject(SubjectKind.TEAM, "no"))), ESTATE)
        == ()
    )


def test_a_role_counts_in_the_policys_domain_or_held_everywhere() -> None:
    owners = (Subject(SubjectKind.ROLE, "owner"),)
    assert not is_meant(owners, CARA)
    assert not is_meant(owners, CARA, "sales")
    assert is_meant(owners, CARA, "finance")
    assert is_meant((AUDITORS,), BEN, "sales")
    assert is_meant((Subject(SubjectKind.USER, "ben@x"),), BEN)
    assert not is_meant((Subject(SubjectKind.USER, "ben"),), BEN)


def test_what_is_given_reaches_classified_columns_only_and_restrictions_reach_all() -> None:
    not_email = Resource(tags=NoneOf((EMAIL,)))
    assert columns_meant(not_email, ORDERS, classified=True) == {"id"}
    assert columns_meant(not_email, ORDERS) == {"id", "new"}
    granted = {
        r.dataset: r.columns for r in rules_for(said(Effect.GRANT, resource=not_email), ESTATE)
    }
    assert granted == {"s.orders": {"id"}}
    masked = {r.dataset: r.columns for r in rules_for(said(resource=not_email), ESTATE)}
    assert masked == {"s.log": {"line"}, "s.orders": {"id", "new"}}


def test_tags_of_a_dataset_are_carried_by_all_of_its_columns() -> None:
    assert columns_meant(Resource(tags=HasTag("internal")), LOG) == {"line"}


def test_a_dataset_is_meant_whole_when_it_carries_the_tag_anywhere() -> None:
    whole = Resource(tags=EMAIL, level=Level.DATASET)
    assert columns_meant(whole, ORDERS) is None
    assert columns_meant(whole, LOG) == frozenset()


def test_datasets_are_chosen_by_name_and_partitions_only_so() -> None:
    partition = replace(ORDERS, chosen_by_tags=False)
    assert columns_meant(Resource(tags=EMAIL), partition) == frozenset()
    chosen = Resource(datasets=(Chosen("w/s.orders", frozenset({"id"})),))
    assert columns_meant(chosen, partition) == {"id"}
    assert columns_meant(chosen, LOG) == frozenset()


def test_a_policy_of_one_domain_is_about_no_other() -> None:
    assert rules_for(said(domain="finance"), ESTATE) == ()
    assert len(rules_for(said(domain="sales"), ESTATE)) == 1


def test_rows_that_depend_on_the_person_are_bound_and_strangers_get_none() -> None:
    own = SubjectIs("region", "region")
    whole = Resource(datasets=(Chosen("w/s.orders"),))
    rules = rules_for(said(Effect.FILTER, filter=own, resource=whole), ESTATE)
    bound = {rule.key: (rule.principals, rule.filter) for rule in rules}
    assert bound == {
        "s.orders/anna": ({"anna"}, Compare("region", Operator.EQ, "EU")),
        "s.orders/ben": ({"ben"}, Compare("region", Operator.EQ, "US")),
        "s.orders/cara": ({"cara", "gone"}, NOTHING),
        "s.orders/others": (None, NOTHING),
    }
    assert rules[-1].excepted == {"anna", "ben", "cara", "gone"}


def test_a_grant_of_ones_own_rows_gives_nothing_to_whoever_has_no_such_attribute() -> None:
    own = SubjectIs("region", "region")
    whole = Resource(datasets=(Chosen("w/s.orders"),))
    rules = rules_for(said(Effect.GRANT, filter=own, resource=whole), ESTATE)
    assert [rule.principals for rule in rules] == [{"anna"}, {"ben"}]


def test_obligatory_masks_of_a_grant_go_to_the_columns_their_tags_choose() -> None:
    partial = Mask(MaskFunction.PARTIAL, first=1)
    masks = (TagMask(HasTag("pii"), partial), TagMask(EMAIL, REDACT))
    whole = Resource(datasets=(Chosen("w/s.orders"),))
    (rule,) = rules_for(said(Effect.GRANT, resource=whole, masks=masks), ESTATE)
    assert rule.masks == (("email", REDACT),)


def test_an_exemption_is_given_and_not_imposed() -> None:
    exempt = said(mask=PLAIN, subjects=people(SALES))
    (rule,) = rules_for(replace(exempt, tier=Tier.EXCEPTION), ESTATE)
    assert rule.principals == {"anna"}


def test_the_order_of_people_and_datasets_does_not_matter() -> None:
    turned = Estate("w", ESTATE.people[::-1], ESTATE.datasets[::-1])
    for effect in (Effect.GRANT, Effect.MASK):
        assert rules_for(said(effect), turned) == rules_for(said(effect), ESTATE)


@pytest.mark.parametrize(
    ("expression", "expected", "words"),
    [
        (EMAIL, {"email"}, "tagged pii.email"),
        (Classified(), {"email", "id"}, "classified"),
        (NoneOf((Classified(),)), {"new"}, "not classified"),
        (AllOf((HasTag("pii"), EMAIL)), {"email"}, "tagged pii and tagged pii.email"),
        (
            AnyOf((HasTag("public.none"), AllOf((EMAIL, Classified())))),
            {"id", "email"},
            "tagged public.none or (tagged pii.email and classified)",
        ),
    ],
)
def test_an_expression_over_tags(expression: Any, expected: set[str], words: str) -> None:
    assert {name for name, tags in ORDERS.columns.items() if holds(expression, tags)} == expected
    assert describe(expression) == words
