"""The standing rules of Halden Home, as its data office would write them."""

from typing import Any

EVERYONE = {"any_of": [{"kind": "everyone"}]}
PERSONAL = {
    "any": [
        {"tag": tag}
        for tag in (
            "pii.name",
            "pii.email",
            "pii.phone",
            "pii.address",
            "pii.city",
            "pii.date_of_birth",
            "pii.bank_account",
            "pii.payment_card",
            "content.free_text",
        )
    ]
}
STEWARD = {"kind": "dataset_steward"}
OWNER = {"kind": "dataset_owner"}


def _mask(key: str, name: str, tag: str, mask: dict[str, Any], tier: str) -> dict[str, Any]:
    return {
        "key": key,
        "name": name,
        "kind": "mask",
        "tier": tier,
        "definition": {
            "subjects": EVERYONE,
            "resource": {"tags": {"tag": tag}, "level": "column"},
            "mask": mask,
        },
    }


POLICIES: tuple[dict[str, Any], ...] = (
    _mask(
        "card-numbers-show-last-four",
        "Card numbers show their last four digits",
        "pii.payment_card",
        {"function": "partial", "first": 0, "last": 4},
        "guardrail",
    ),
    _mask(
        "bank-accounts-are-hidden",
        "Bank accounts are hidden",
        "pii.bank_account",
        {"function": "redact"},
        "guardrail",
    ),
    _mask(
        "e-mail-shows-its-first-letter",
        "E-mail addresses show their first letter",
        "pii.email",
        {"function": "partial", "first": 1, "last": 0},
        "standard",
    ),
    _mask(
        "phones-are-tokens",
        "Phone numbers are tokens that still join",
        "pii.phone",
        {"function": "token", "domain": "phone"},
        "standard",
    ),
    _mask(
        "birthdays-show-the-year",
        "Dates of birth show the year",
        "pii.date_of_birth",
        {"function": "year"},
        "standard",
    ),
    {
        "key": "ask-for-personal-data",
        "name": "Members may ask for personal data, the steward decides",
        "kind": "request",
        "tier": "standard",
        "definition": {
            "subjects": EVERYONE,
            "resource": {"tags": PERSONAL, "level": "dataset"},
            "purposes": None,
            "stages": [{"name": "Steward", "needed": 1, "reviewers": [STEWARD]}],
            "longest_days": 90,
            "decide_within_days": 5,
        },
    },
    {
        "key": "ask-for-harmless-data",
        "name": "Members may ask for data that names nobody",
        "kind": "request",
        "tier": "standard",
        "definition": {
            "subjects": EVERYONE,
            "resource": {"tags": {"none": [PERSONAL, {"tag": "pii.salary"}]}, "level": "dataset"},
            "purposes": None,
            "stages": [{"name": "Steward", "needed": 1, "reviewers": [STEWARD]}],
            "longest_days": 180,
            "decide_within_days": 5,
        },
    },
    {
        "key": "ask-for-pay",
        "name": "Pay is asked of the owner and the steward",
        "kind": "request",
        "tier": "standard",
        "definition": {
            "subjects": {"any_of": [{"kind": "team", "key": "finance"}]},
            "resource": {"tags": {"tag": "pii.salary"}, "level": "dataset"},
            "purposes": ["reconciliation"],
            "stages": [
                {"name": "Owner", "needed": 1, "reviewers": [OWNER]},
                {"name": "Steward", "needed": 1, "reviewers": [STEWARD]},
            ],
            "longest_days": 30,
            "decide_within_days": 5,
        },
    },
)
