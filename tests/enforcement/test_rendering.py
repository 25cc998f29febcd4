"""Rendering: one owner's impossible wish costs nobody else anything, and nobody gets more by it."""

from apps.connectors.contracts import Inventory, Refused, Role
from apps.enforcement.rendering import Owned, render
from apps.semantics.masks import REDACT
from apps.semantics.rules import Column, Effect, Rule, Shape
from tests.connectors.double import MARK, MemoryServer, MemoryTarget

COLUMNS = (Column("id", "integer"), Column("email", "text"))
INVENTORY = Inventory(
    shapes={name: Shape(name, COLUMNS) for name in ("s.a", "s.b")},
    roles={
        "alice": Role("alice", True),
        "bob": Role("bob", True),
        "root": Role("root", True, superuser=True),
    },
)
TARGET = MemoryTarget(MemoryServer())


def grant(owner: str, dataset: str, who: str, *columns: str) -> Owned:
    rule = Rule(
        key=owner,
        origin=owner,
        effect=Effect.GRANT,
        dataset=dataset,
        principals=frozenset({who}),
        columns=frozenset(columns) or None,
    )
    return Owned(owner, rule)


def mask(owner: str, dataset: str, *columns: str) -> Owned:
    rule = Rule(
        key=owner,
        origin=owner,
        effect=Effect.MASK,
        dataset=dataset,
        columns=frozenset(columns),
        mask=REDACT,
    )
    return Owned(owner, rule)


def readers(rendered: object, dataset: str) -> set[str]:
    return set(rendered.documents[MARK + dataset]["readers"])  # type: ignore[attr-defined]


def test_a_refused_grant_is_left_out_and_the_others_stand() -> None:
    wanted = [
        grant("grant:1", "s.a", "alice"),
        grant("grant:2", "s.a", "root"),
        grant("grant:3", "s.a", "bob"),
        grant("grant:4", "s.b", "alice"),
    ]
    found = render(TARGET, wanted, INVENTORY)
    assert readers(found, "s.a") == {"alice", "bob"}
    assert readers(found, "s.b") == {"alice"}
    assert [(each.owner, each.closed) for each in found.refusals] == [("grant:2", False)]
    assert "superuser" in found.refusals[0].reasons[0]
    assert {rule.origin for rule in found.rules} == {"grant:1", "grant:3", "grant:4"}


def test_a_refused_restriction_shuts_the_dataset_instead_of_being_left_out() -> None:
    wanted = [grant("grant:1", "s.a", "alice"), mask("policy:1", "s.a", "iban")]
    found = render(TARGET, wanted, INVENTORY)
    assert readers(found, "s.a") == set()
    assert {each.owner for each in found.refusals} == {"grant:1", "policy:1"}
    assert all(each.closed for each in found.refusals)


def test_a_restriction_that_can_be_expressed_is_kept_beside_a_refused_grant() -> None:
    wanted = [
        mask("policy:1", "s.a", "email"),
        grant("grant:1", "s.a", "alice"),
        grant("grant:2", "s.a", "root"),
    ]
    found = render(TARGET, wanted, INVENTORY)
    (branch,) = found.documents[MARK + "s.a"]["readers"]["alice"]
    assert branch["columns"]["email"] == {"function": "redact"}
    assert [each.owner for each in found.refusals] == ["grant:2"]


def test_where_nothing_can_be_expressed_what_stands_is_kept() -> None:
    found = render(TARGET, [mask("policy:1", "s.gone", "email")], INVENTORY)
    assert found.kept == {"s.gone"}
    assert not found.documents


def test_rendering_all_at_once_would_have_refused_everything() -> None:
    wanted = [grant("grant:1", "s.a", "alice"), grant("grant:2", "s.b", "root")]
    try:
        TARGET.render([each.rule for each in wanted], INVENTORY)
    except Refused:
        return
    raise AssertionError("the double must refuse as a real target does")


def test_one_refusal_among_many_datasets_costs_a_few_renderings_more() -> None:
    calls = []

    class Counting(MemoryTarget):
        def render(self, rules, inventory):  # type: ignore[no-untyped-def]
            calls.append(1)
            return super().render(rules, inventory)

    names = [f"s.t{n:04}" for n in range(1000)]
    inventory = Inventory({n: Shape(n, COLUMNS) for n in names}, INVENTORY.roles)
    wanted = [grant(f"grant:{n}", n, "alice") for n in names]
    wanted.append(grant("grant:bad", "s.t0500", "root"))
    found = render(Counting(MemoryServer()), wanted, inventory)
    assert len(found.documents) == 1000
    assert [each.owner for each in found.refusals] == ["grant:bad"]
    assert len(calls) < 30
