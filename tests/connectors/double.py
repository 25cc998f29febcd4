"""An in-memory target that shows the faults a real server will not show on demand.

It is held to the same contract suite as every real target (`contract.py`).
"""

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from apps.connectors.contracts import (
    Answer,
    Check,
    Direction,
    Document,
    Inventory,
    Loss,
    Observed,
    Question,
    Refused,
    TakeOverPlan,
    Unreachable,
)
from apps.semantics.codec import encode_filter, encode_mask
from apps.semantics.decide import decide
from apps.semantics.rules import Branch, Decision, Rule

MARK = "double:"
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """The process died here: nothing may catch this and go on."""


@dataclass
class Faults:
    """What goes wrong, by the number of the call (from 1) among calls of its kind."""

    reads_unanswered: frozenset[int] = frozenset()
    probes_unanswered: frozenset[int] = frozenset()
    writes_unanswered: frozenset[int] = frozenset()
    take_overs_unanswered: frozenset[int] = frozenset()
    refused_names: frozenset[str] = frozenset()
    killed_at: int = 0
    """The write point at which the process dies: 2n-1 before the n-th write, 2n after it."""
    write_lost: frozenset[int] = frozenset()
    """Writes that answer well and do nothing."""


@dataclass
class MemoryServer:
    """The system outside: it outlives every connection to it."""

    own: dict[str, Document] = field(default_factory=dict)
    foreign: dict[str, Document] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    before_write: Callable[[], None] | None = None

    def count(self, *verbs: str) -> int:
        """How many calls of these verbs arrived."""
        return sum(verb in verbs for verb, _ in self.log)

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The calls that change something, in their order."""
        return [call for call in self.log if call[0] in ("write", "remove")]


class MemoryTarget:
    """A `Target` over a `MemoryServer`."""

    def __init__(self, server: MemoryServer) -> None:
        self.server = server

    def session(self) -> AbstractContextManager[None]:
        """There is nothing to share."""
        return nullcontext()

    def render(self, rules: Iterable[Rule], inventory: Inventory) -> dict[str, Document]:
        """One document per dataset: what each principal that a rule names may read of it."""
        by_dataset: dict[str, list[Rule]] = {}
        for rule in rules:
            by_dataset.setdefault(rule.dataset, []).append(
                replace(rule, valid_from=None, until=None)
            )
        return {
            MARK + dataset: _document(dataset, members, inventory)
            for dataset, members in sorted(by_dataset.items())
        }

    def read(self) -> Observed:
        """Everything, or nothing at all."""
        self.server.log.append(("read", ""))
        if self.server.count("read") in self.server.faults.reads_unanswered:
            raise Unreachable("the connection broke while documents were being read")
        return Observed(
            copy.deepcopy(self.server.own),
            copy.deepcopy(self.server.foreign),
            datetime.now(UTC),
        )

    def direction(self, old: Document | None, new: Document | None) -> Direction:
        """By what each principal may read before and after."""
        before, after = _cells(old), _cells(new)
        if after <= before:
            return Direction.TIGHTEN
        return Direction.LOOSEN if before <= after else Direction.BOTH

    def write(self, name: str, document: Document) -> None:
        """Create or replace."""
        stored = json.loads(json.dumps(document))
        self._change("write", name, lambda: self.server.own.__setitem__(name, stored))

    def remove(self, name: str) -> None:
        """Take away; absent already is fine."""
        self._change("remove", name, lambda: self.server.own.pop(name, None))

    def probe(self, principal: str, question: Question) -> Answer:
        """Answer by the documents that stand, whoever put them there."""
        self.server.log.append(("probe", principal))
        if self.server.count("probe") in self.server.faults.probes_unanswered:
            raise Unreachable("no answer within the time-out")
        dataset = question.decision.dataset
        stands = _reader(self.server.own.get(MARK + dataset), principal)
        stands += _reader(self.server.foreign.get(dataset), principal)
        expected = _branches(question.decision)
        check = Check(
            asked=f"What {principal} can read of {dataset}",
            expected=_words(expected),
            answered=_words(stands),
            agrees=sorted(map(_text, stands)) == sorted(map(_text, expected)),
            statement=f"SELECT * FROM {dataset}",
            error="" if stands else "42501 permission denied",
        )
        return Answer(principal, dataset, datetime.now(UTC), (check,), "double 1")

    def plan_take_over(self, dataset: str) -> TakeOverPlan:
        """Everything that others gave on the dataset."""
        rights = self.server.foreign.get(dataset, {}).get("rights", [])
        losses = [Loss(r["grantee"], "", "everything") for r in rights]
        original = {"dataset": dataset, "rights": copy.deepcopy(rights)} if rights else {}
        return TakeOverPlan(dataset, original, tuple(losses))

    def take_over(self, original: Document) -> None:
        """Take these rights away."""
        self._may("take_over")
        rights = self.server.foreign[original["dataset"]]["rights"]
        rights[:] = [right for right in rights if right not in original["rights"]]

    def give_back(self, original: Document) -> None:
        """Give these rights back."""
        self._may("give_back")
        rights = self.server.foreign[original["dataset"]]["rights"]
        rights.extend(right for right in original["rights"] if right not in rights)

    def _may(self, verb: str) -> None:
        self.server.log.append((verb, ""))
        if self.server.count(verb) in self.server.faults.take_overs_unanswered:
            raise Unreachable("the server closed the connection")
        if verb in self.server.faults.refused_names:
            raise Refused("42501 must be able to SET ROLE to the grantor")

    def _change(self, verb: str, name: str, act: Callable[[], object]) -> None:
        faults, number = self.server.faults, len(self.server.writes) + 1
        if faults.killed_at == 2 * number - 1:
            raise Killed
        if self.server.before_write:
            self.server.before_write()
        self.server.log.append((verb, name))
        if number in faults.writes_unanswered:
            raise Unreachable("the server closed the connection")
        if name in faults.refused_names:
            raise Refused(f"42501 permission denied for {name}")
        if number not in faults.write_lost:
            act()
        if faults.killed_at == 2 * number:
            raise Killed


def _document(dataset: str, rules: list[Rule], inventory: Inventory) -> Document:
    shape = inventory.shapes.get(dataset)
    if shape is None:
        raise Refused(f"{dataset} is not known in this system.")
    known = {column.name for column in shape.columns}
    for rule in rules:
        if rule.columns is not None and not rule.columns <= known:
            missing = ", ".join(sorted(rule.columns - known))
            raise Refused(f"{rule.key}: {dataset} has no column {missing}.")
    named = sorted({name for rule in rules for name in rule.principals or ()})
    readers: dict[str, Any] = {}
    for principal in named:
        decision = decide(rules, principal=principal, shape=shape, at=_ANY_TIME)
        role = inventory.roles.get(principal)
        if decision.allowed and (role is None or role.superuser):
            why = "does not exist" if role is None else "is a superuser, whom nothing binds"
            raise Refused(f"{principal} {why}.")
        if decision.allowed:
            readers[principal] = _branches(decision)
    return {"dataset": dataset, "readers": readers}


def _branches(decision: Decision) -> list[dict[str, Any]]:
    return sorted((_branch(branch) for branch in decision.branches), key=_text)


def _branch(branch: Branch) -> dict[str, Any]:
    return {
        "columns": {column: encode_mask(mask) for column, mask in branch.columns},
        "rows": encode_filter(branch.filter),
    }


def _reader(document: Document | None, principal: str) -> list[dict[str, Any]]:
    return list(document["readers"].get(principal, ())) if document else []


def _cells(document: Document | None) -> frozenset[str]:
    readers: Mapping[str, Any] = document["readers"] if document else {}
    return frozenset(
        _text([principal, column, mask, branch["rows"]])
        for principal, branches in readers.items()
        for branch in branches
        for column, mask in branch["columns"].items()
    )


def _words(branches: list[dict[str, Any]]) -> str:
    if not branches:
        return "nothing"
    return "; ".join(
        f"{', '.join(sorted(b['columns']))} where {b['rows']['kind']}" for b in branches
    )


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
