"""Every kind of policy reads as sentences that say whom, what and on which terms."""

from typing import Any

import pytest

from apps.policies.parsing import parse
from apps.policies.sentences import sentences
from apps.semantics.explain import describe_rule
from apps.semantics.filters import Compare, Operator
from apps.semantics.masks import NULL, REDACT
from apps.semantics.rules import Effect, Rule
from tests.policies.conftest import EMAILS, EVERYONE, IN_OWN_REGION, ORDERS, request_terms

TEAM = {"any_of": [{"kind": "team", "key": "sales"}, {"kind": "user", "key": "eve@x"}]}
BUT_AUDITORS = EVERYONE | {"except": [{"kind": "role", "key": "auditor"}]}
PARTIAL = {"function": "partial", "first": 1, "last": 0}
COLUMNS = {"datasets": [{"dataset": "w/s.t", "columns": ["b", "a"]}]}


@pytest.mark.parametrize(
    ("kind", "definition", "said"),
    [
        (
            "grant",
            {
                "subjects": TEAM,
                "resource": COLUMNS,
                "purpose": "audit",
                "filter": IN_OWN_REGION,
                "masks": [{"tags": {"tag": "pii"}, "mask": PARTIAL}],
            },
            [
                "The team sales or eve@x may read a and b of w/s.t where region is the person's "
                "own region, for the purpose audit.",
                "Columns that are tagged pii are cut to its first character and ***.",
            ],
        ),
        (
            "deny",
            {"subjects": BUT_AUDITORS, "resource": ORDERS},
            [
                "Everyone, except whoever is auditor, may not read every column of "
                "warehouse/sales.orders, whoever grants it.",
            ],
        ),
        (
            "mask",
            {"subjects": TEAM, "resource": EMAILS, "mask": {"function": "none"}},
            [
                "The team sales or eve@x is exempt from the standard masks of columns that are "
                "tagged pii.email.",
            ],
        ),
        (
            "filter",
            {
                "subjects": EVERYONE,
                "resource": {"tags": {"at_least": "confidential"}, "level": "dataset"},
                "filter": IN_OWN_REGION,
            },
            [
                "Everyone may see datasets with anything that is at least confidential only in "
                "the rows where region is the person's own region.",
            ],
        ),
        (
            "request",
            request_terms(
                purposes=["audit", "service"],
                longest_days=1,
                stages=[
                    {"name": "Owner", "needed": 1, "reviewers": [{"kind": "dataset_owner"}]},
                    {
                        "name": "Board",
                        "needed": 2,
                        "reviewers": [
                            {"kind": "role", "key": "owner", "domain": "sales"},
                            {"kind": "team", "key": "board"},
                        ],
                    },
                ],
                filter=IN_OWN_REGION,
            ),
            [
                "Everyone may ask for columns that are at least public, for the purpose audit or "
                "service and for at most one day.",
                "It is decided by the dataset's owner (Owner).",
                "After that by whoever is owner of sales or the team board, 2 of them (Board).",
                "What is not decided within 7 days is not given.",
                "Only rows where region is the person's own region are given.",
            ],
        ),
    ],
)
def test_a_policy_in_words(kind: str, definition: dict[str, Any], said: list[str]) -> None:
    assert list(sentences(kind, parse(kind, definition))) == said


@pytest.mark.parametrize(
    ("effect", "parts", "said"),
    [
        (
            Effect.GRANT,
            {
                "columns": frozenset("ba"),
                "filter": Compare("r", Operator.EQ, "EU"),
                "masks": (("a", NULL),),
            },
            "alice and bob may read a and b of s.t where r is 'EU'; a left empty (NULL).",
        ),
        (Effect.DENY, {}, "alice and bob may not read every column of s.t."),
        (
            Effect.MASK,
            {"mask": REDACT, "principals": None, "excepted": frozenset({"eve"})},
            "For everyone except eve, every column of s.t is replaced by ***.",
        ),
        (
            Effect.FILTER,
            {"filter": Compare("r", Operator.EQ, "EU"), "principals": None},
            "Everyone may see the rows of s.t only where r is 'EU'.",
        ),
        (Effect.DENY, {"excepted": frozenset({"alice", "bob"})}, "nobody"),
    ],
)
def test_a_rule_in_words(effect: Effect, parts: dict[str, Any], said: str) -> None:
    given = {"principals": frozenset({"alice", "bob"})} | parts
    assert describe_rule(Rule("k", "policy:p@1", effect, "s.t", **given)).startswith(said)
