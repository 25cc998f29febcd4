"""The contract that every target keeps; a target's test module inherits it and brings a bench.

A bench is a system with something in it: two tables at least, people, and something foreign.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import pytest

from apps.connectors.contracts import (
    Direction,
    Document,
    Inventory,
    Question,
    Refused,
    Target,
)
from apps.enforcement.plan import Plan, Verb, plan
from apps.semantics.decide import decide
from apps.semantics.rules import Rule

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Bench(Protocol):
    """A system to try a target on, and hands that reach into it past the target."""

    inventory: Inventory

    def target(self) -> Target:
        """A new target over the system."""

    def rules(self) -> Sequence[Rule]:
        """Rules that the system can express, over at least two datasets, with one reader each."""

    def narrower(self) -> Sequence[Rule]:
        """Rules over the same datasets that give strictly less on one of them, nothing more."""

    def otherwise(self) -> Sequence[Rule]:
        """Rules over the same datasets for which the system needs other means than for `rules`."""

    def refused(self) -> Sequence[Rule]:
        """Rules about a third dataset that the system cannot express."""

    def snapshot(self) -> object:
        """Everything that stands in the system, ours and foreign, as a comparable value."""

    def foreign_snapshot(self) -> object:
        """What stands there that is not ours."""

    def tamper(self, rng: random.Random, number: int) -> str:
        """Change something that is ours by hand, or make something with our mark; say what.

        The first numbers go through every kind of change, later ones are drawn.
        """

    def heal(self, desired: Mapping[str, Document]) -> None:
        """Put right, with all rights, what the target was not allowed to."""

    def calls(self) -> int:
        """How many calls reached the system so far."""

    def dying_at(self, point: int) -> Target:
        """A target whose process dies at its n-th write point."""

    died: type[BaseException]
    """What is raised where the process dies."""


def difference(target: Target, desired: Mapping[str, Document]) -> Plan:
    """What is left to do."""
    return plan(desired=desired, own=target.read().own, direction=target.direction)


def send(target: Target, todo: Plan) -> None:
    """Do it, in its order."""
    for change in todo.changes:
        if change.verb is Verb.REMOVE or change.after is None:
            target.remove(change.name)
        else:
            target.write(change.name, change.after)


def agree(target: Target, desired: Mapping[str, Document]) -> None:
    """Make the system agree in one go."""
    send(target, difference(target, desired))


class TargetContract:
    """What everything above a target relies on."""

    EDITS = 25
    """So many changes by hand every day; 1,000 in CI."""

    MAY_REFUSE = False
    """Whether the system may keep us from putting something right, which is then told."""

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        """The system under this contract."""
        raise NotImplementedError

    @pytest.fixture
    def desired(self, bench: Bench) -> dict[str, Document]:
        """The documents of the bench's rules."""
        return bench.target().render(bench.rules(), bench.inventory)

    def test_rendering_is_pure(self, bench: Bench) -> None:
        target = bench.target()
        before, calls = bench.snapshot(), bench.calls()
        once = target.render(bench.rules(), bench.inventory)
        again = bench.target().render(list(reversed(bench.rules())), bench.inventory)
        assert once == again
        assert bench.calls() == calls
        assert bench.snapshot() == before

    def test_documents_are_json(self, desired: dict[str, Document]) -> None:
        assert json.loads(json.dumps(desired)) == desired

    def test_rendering_all_is_rendering_each_dataset(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        target, rules = bench.target(), bench.rules()
        parts: dict[str, Document] = {}
        for dataset in {rule.dataset for rule in rules}:
            parts |= target.render([r for r in rules if r.dataset == dataset], bench.inventory)
        assert parts == desired
        assert {d.get("dataset") for d in parts.values()} >= {rule.dataset for rule in rules}

    def test_what_cannot_be_expressed_is_refused_with_a_sentence(self, bench: Bench) -> None:
        with pytest.raises(Refused) as refused:
            bench.target().render([*bench.rules(), *bench.refused()], bench.inventory)
        assert all(reason.endswith(".") for reason in refused.value.reasons)

    def test_what_was_written_is_read_back_equal(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        agree(bench.target(), desired)
        assert bench.target().read().own == desired

    def test_a_second_pass_finds_nothing_to_do(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        agree(bench.target(), desired)
        stands = bench.snapshot()
        for _ in range(3):
            assert not difference(bench.target(), desired)
        assert bench.snapshot() == stands

    def test_writing_twice_is_writing_once(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        agree(bench.target(), desired)
        once = bench.snapshot()
        for name, document in desired.items():
            bench.target().write(name, document)
        assert bench.snapshot() == once

    def test_removing_is_exact_and_the_absent_is_removed_with_success(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        before = bench.snapshot()
        agree(bench.target(), desired)
        agree(bench.target(), {})
        assert bench.snapshot() == before
        for name in desired:
            bench.target().remove(name)
        assert bench.snapshot() == before

    def test_going_from_one_set_of_rules_to_any_other_leaves_nothing_behind(
        self, bench: Bench
    ) -> None:
        sets = [bench.rules(), bench.narrower(), bench.otherwise(), []]
        wanted = [bench.target().render(rules, bench.inventory) for rules in sets]
        stands: dict[int, object] = {}
        for turn in (0, 1, 2, 3, 2, 1, 0, 2, 0, 3, 1, 3, 2, 0):
            agree(bench.target(), wanted[turn])
            assert bench.target().read().own == wanted[turn]
            assert bench.snapshot() == stands.setdefault(turn, bench.snapshot())

    def test_what_is_foreign_is_told_apart_and_never_touched(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        foreign, seen = bench.foreign_snapshot(), bench.target().read().foreign
        assert seen
        agree(bench.target(), desired)
        assert bench.foreign_snapshot() == foreign
        assert bench.target().read().foreign == seen
        agree(bench.target(), {})
        assert bench.foreign_snapshot() == foreign

    def test_directions_follow_access(self, bench: Bench, desired: dict[str, Document]) -> None:
        target = bench.target()
        less = target.render(bench.narrower(), bench.inventory)
        changed = [name for name in desired if less.get(name) != desired[name]]
        assert changed
        for name in changed:
            assert target.direction(desired[name], less.get(name)) is not Direction.LOOSEN
            assert target.direction(less.get(name), desired[name]) is not Direction.TIGHTEN

    def test_the_system_answers_as_decided(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        agree(bench.target(), desired)
        for rule in bench.rules():
            for principal in rule.principals or ():
                shape = bench.inventory.shapes[rule.dataset]
                decision = decide(bench.rules(), principal=principal, shape=shape, at=AT)
                answer = bench.target().probe(principal, Question(decision, shape))
                assert answer.agrees, answer.checks

    def test_the_system_is_caught_when_it_does_not_answer_as_decided(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        agree(bench.target(), desired)
        for rule in bench.rules():
            for principal in rule.principals or ():
                shape = bench.inventory.shapes[rule.dataset]
                nothing = decide((), principal=principal, shape=shape, at=AT)
                answer = bench.target().probe(principal, Question(nothing, shape))
                assert not answer.agrees

    def test_killed_at_every_write_point_it_converges(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        less = bench.target().render(bench.narrower(), bench.inventory)
        for start, end in ((desired, less), (less, desired), ({}, desired), (desired, {})):
            point = 1
            while self._dies(bench, start, end, point):
                agree(bench.target(), end)
                assert not difference(bench.target(), end), f"after dying at {point}"
                assert bench.target().read().own == end
                point += 1
            assert point > len(difference_of(start, end)), "every change has a write point"

    def _dies(
        self,
        bench: Bench,
        start: Mapping[str, Document],
        end: Mapping[str, Document],
        point: int,
    ) -> bool:
        agree(bench.target(), start)
        foreign = bench.foreign_snapshot()
        todo = difference(bench.target(), end)
        try:
            send(bench.dying_at(point), todo)
        except bench.died:
            stands = bench.target().read().own
            for name in {*start, *end, *stands}:
                assert stands.get(name) in (start.get(name), end.get(name)), "half a document"
            assert bench.foreign_snapshot() == foreign
            return True
        return False

    def test_every_change_by_hand_is_found_and_put_right_or_told(
        self, bench: Bench, desired: dict[str, Document]
    ) -> None:
        agree(bench.target(), desired)
        foreign, rng = bench.foreign_snapshot(), random.Random(2026)
        for number in range(self.EDITS):
            what = bench.tamper(rng, number)
            todo = difference(bench.target(), desired)
            assert todo, f"not found: {what}"
            try:
                send(bench.target(), todo)
            except Refused:
                if not self.MAY_REFUSE:
                    raise
                bench.heal(desired)
            assert not difference(bench.target(), desired), f"not put right: {what}"
            assert bench.foreign_snapshot() == foreign, f"something foreign changed: {what}"


def difference_of(one: Mapping[str, Document], other: Mapping[str, Document]) -> frozenset[str]:
    """The names under which two sets of documents differ."""
    return frozenset(name for name in {*one, *other} if one.get(name) != other.get(name))
