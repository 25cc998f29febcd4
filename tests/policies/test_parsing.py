"""Definitions are read strictly: each error names the field and says what is expected."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from apps.core.errors import Invalid
from apps.policies.definition import Requesting, ReviewerKind, Standing
from apps.policies.expressions import AnyOf, HasTag
from apps.policies.parsing import parse
from apps.policies.references import references
from tests.policies.conftest import EMAILS, EVERYONE, IN_OWN_REGION, REDACT, request_terms

MASK: dict[str, Any] = {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT}


def changed(value: Any, path: str, new: Any) -> Any:
    value = deepcopy(value)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner = value
    for part in way:
        inner = inner[part]
    if new is None and isinstance(inner, dict):
        inner.pop(last)
    else:
        inner[last] = new
    return value


def test_a_mask_policy_is_read() -> None:
    definition = parse("mask", MASK)
    assert isinstance(definition, Standing)
    assert definition.resource.tags == HasTag("pii.email")


def test_a_request_policy_is_read() -> None:
    terms = request_terms(
        purposes=["audit"],
        resource={
            "tags": {
                "any": [
                    {"tag": "pii"},
                    {"at_least": "restricted"},
                    {"none": [{"classified": True}]},
                ]
            },
            "level": "column",
        },
        masks=[{"tags": {"tag": "pii.email"}, "mask": REDACT}],
        filter=IN_OWN_REGION,
    )  # fmt: skip
    definition = parse("request", terms)
    assert isinstance(definition, Requesting)
    assert definition.longest == timedelta(days=90)
    assert definition.stages[0].reviewers[0].kind is ReviewerKind.OWNER
    assert isinstance(definition.resource.tags, AnyOf)
    assert {(each.kind.value, each.key) for each in references(definition)} == {
        ("tag", "pii"),
        ("tag", "pii.email"),
        ("purpose", "audit"),
    }


@pytest.mark.parametrize(
    ("path", "new", "field"),
    [
        ("mask", None, "mask"),
        ("mask", {"function": "blur"}, "mask.function"),
        ("filter", IN_OWN_REGION, "filter"),
        ("subjects.any_of", [], "subjects.any_of"),
        ("subjects.any_of.0.kind", "group", "subjects.any_of[0].kind"),
        ("subjects.any_of.0.key", "x", "subjects.any_of[0].key"),
        ("subjects.any_of.0", {"kind": "team"}, "subjects.any_of[0].key"),
        ("subjects.except", [{"kind": "user", "key": ""}], "subjects.except[0].key"),
        ("resource", {}, "resource"),
        ("resource.datasets", [{"dataset": "w/s.t"}], "resource"),
        ("resource.level", None, "resource.level"),
        ("resource.level", "topic", "resource.level"),
        ("resource.tags", {"tag": "a", "any": []}, "resource.tags"),
        ("resource.tags", {"like": "a"}, "resource.tags.like"),
        ("resource.tags", {"any": []}, "resource.tags.any"),
        ("resource.tags", {"none": [{"tag": 1}]}, "resource.tags.none[0].tag"),
        ("resource.tags", {"at_least": "secret"}, "resource.tags.at_least"),
        ("resource.tags", {"classified": False}, "resource.tags.classified"),
        ("resource", {"datasets": [{"dataset": "x", "columns": []}]},
         "resource.datasets[0].columns"),
        ("surprise", 1, "surprise"),
    ],
)  # fmt: skip
def test_what_is_no_mask_policy_is_refused_with_the_field(path: str, new: Any, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse("mask", changed(MASK, path, new))
    assert list(refusal.value.fields) == [f"definition.{field}"]


@pytest.mark.parametrize(
    ("path", "new", "field"),
    [
        ("longest_days", 0, "longest_days"),
        ("longest_days", True, "longest_days"),
        ("decide_within_days", 99999, "decide_within_days"),
        ("purposes", [], "purposes"),
        ("stages", [], "stages"),
        ("stages.0.needed", 0, "stages[0].needed"),
        ("stages.0.reviewers", [], "stages[0].reviewers"),
        ("stages.0.reviewers.0.kind", "anyone", "stages[0].reviewers[0].kind"),
        ("stages.0.reviewers.0.key", "x", "stages[0].reviewers[0].key"),
        ("stages.0.reviewers.0", {"kind": "team"}, "stages[0].reviewers[0].key"),
        ("stages.0.reviewers.0", {"kind": "team", "key": "a", "domain": "b"},
         "stages[0].reviewers[0].domain"),
        ("masks", [{"tags": {"tag": "a"}}], "masks[0].mask"),
        ("filter", {"kind": "sql"}, "filter.kind"),
    ],
)  # fmt: skip
def test_what_is_no_request_policy_is_refused_with_the_field(
    path: str, new: Any, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        parse("request", changed(request_terms(), path, new))
    assert list(refusal.value.fields) == [f"definition.{field}"]


def test_an_expression_as_deep_as_a_well_is_refused() -> None:
    deep: dict[str, Any] = {"tag": "a"}
    for _ in range(2000):
        deep = {"any": [deep]}
    with pytest.raises(Invalid, match="levels deep"):
        parse("mask", changed(MASK, "resource.tags", deep))


@pytest.mark.parametrize("definition", [None, [], "mask", 3, {}])
@pytest.mark.parametrize("kind", ["grant", "deny", "mask", "filter", "request"])
def test_what_is_no_definition_at_all_is_refused(kind: str, definition: Any) -> None:
    with pytest.raises(Invalid):
        parse(kind, definition)
