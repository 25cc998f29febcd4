"""The in-memory double keeps the contract that real targets keep."""

import copy
import random
from collections.abc import Mapping, Sequence

import pytest

from apps.connectors.contracts import Document, Inventory, Role
from apps.semantics.rules import Column, Effect, Rule, Shape
from tests.connectors.contract import TargetContract
from tests.connectors.double import MARK, Faults, Killed, MemoryServer, MemoryTarget
from tests.servers import sized

COLUMNS = (Column("id", "integer"), Column("email", "text"))


def grant(dataset: str, who: str, *columns: str) -> Rule:
    return Rule(
        key=f"{dataset} {who}",
        origin="grant:G-1",
        effect=Effect.GRANT,
        dataset=dataset,
        principals=frozenset({who}),
        columns=frozenset(columns) or None,
    )


class DoubleBench:
    """A memory server with one foreign document."""

    died = Killed

    def __init__(self) -> None:
        self.server = MemoryServer(foreign={"theirs": {"dataset": "s.c", "readers": {}}})
        self.inventory = Inventory(
            shapes={name: Shape(name, COLUMNS) for name in ("s.a", "s.b", "s.c")},
            roles={
                name: Role(name, True, superuser=name == "root")
                for name in ("alice", "bob", "root")
            },
        )

    def target(self) -> MemoryTarget:
        self.server.faults = Faults()
        return MemoryTarget(self.server)

    def rules(self) -> Sequence[Rule]:
        return [grant("s.a", "alice"), grant("s.b", "bob")]

    def narrower(self) -> Sequence[Rule]:
        return [grant("s.a", "alice", "id"), grant("s.b", "bob")]

    def otherwise(self) -> Sequence[Rule]:
        return [grant("s.a", "bob"), grant("s.b", "alice", "email")]

    def refused(self) -> Sequence[Rule]:
        return [grant("s.c", "root")]

    def snapshot(self) -> object:
        return copy.deepcopy((self.server.own, self.server.foreign))

    def foreign_snapshot(self) -> object:
        return copy.deepcopy(self.server.foreign)

    def calls(self) -> int:
        return len(self.server.log)

    def dying_at(self, point: int) -> MemoryTarget:
        self.server.faults = Faults(killed_at=2 * len(self.server.writes) + point)
        return MemoryTarget(self.server)

    def heal(self, desired: Mapping[str, Document]) -> None:
        raise AssertionError("nothing keeps the double from anything")

    def tamper(self, rng: random.Random, number: int) -> str:
        own = self.server.own
        name = rng.choice(sorted(own))
        what = rng.choice(["gone", "more", "fewer", "forged"])
        if what == "gone":
            del own[name]
        elif what == "forged":
            name = f"{MARK}s.forged{rng.random()}"
            own[name] = {"dataset": "s.c", "readers": {"bob": []}}
        elif what == "more":
            own[name]["readers"][f"eve{rng.random()}"] = []
        else:
            own[name]["readers"].clear()
        return f"{what} {name}"


class TestDouble(TargetContract):
    EDITS = sized(50, 1000)

    @pytest.fixture
    def bench(self) -> DoubleBench:  # type: ignore[override]
        return DoubleBench()
