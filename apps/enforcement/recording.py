"""Notes each call to the outside: what, how long, and how it ended."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from apps.connectors.contracts import (
    Answer,
    Direction,
    Document,
    Inventory,
    Observed,
    Question,
    Refused,
    Target,
    Unreachable,
)
from apps.semantics.rules import Rule

_T = TypeVar("_T")

KEPT = 20
"""Of so many calls, the last ones, a pass keeps a note."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One call, `ms` milliseconds long; `error` is what the other side said, if it went wrong."""

    verb: str
    about: str
    at: datetime
    ms: float
    error: str = ""


class Recorder:
    """Notes calls from the instant `at` on, the last `KEPT` of them."""

    def __init__(self, at: datetime) -> None:
        """Begin at the instant `at`."""
        self._at = at
        self._zero = time.perf_counter()
        self.calls: deque[Noted] = deque(maxlen=KEPT)

    def noted(self, verb: str, about: str, call: Callable[[], _T]) -> _T:
        """What the call returns or raises, noted."""
        start = time.perf_counter()
        error = ""
        try:
            return call()
        except (Refused, Unreachable) as failed:
            error = str(failed) or type(failed).__name__
            raise
        finally:
            end = time.perf_counter()
            at = self._at + timedelta(seconds=start - self._zero)
            self.calls.append(Noted(verb, about, at, (end - start) * 1000, error))


class RecordedTarget(Recorder):
    """Speaks to another target and remembers the last calls that left the house."""

    def __init__(self, target: Target, at: datetime) -> None:
        """Note calls to `target`, which begin at the instant `at`."""
        super().__init__(at)
        self._target = target
        self.writes = 0

    def session(self) -> AbstractContextManager[None]:
        """As the target has it; it does not leave the house."""
        return self._target.session()

    def render(self, rules: Iterable[Rule], inventory: Inventory) -> dict[str, Document]:
        """As the target renders; it does not leave the house."""
        return self._target.render(rules, inventory)

    def direction(self, old: Document | None, new: Document | None) -> Direction:
        """As the target says; it does not leave the house."""
        return self._target.direction(old, new)

    def read(self) -> Observed:
        """As the target reads, noted."""
        return self.noted("read", "", self._target.read)

    def write(self, name: str, document: Document) -> None:
        """As the target writes, noted."""
        self.noted("write", name, lambda: self._target.write(name, document))
        self.writes += 1

    def remove(self, name: str) -> None:
        """As the target removes, noted."""
        self.noted("remove", name, lambda: self._target.remove(name))
        self.writes += 1

    def probe(self, principal: str, question: Question) -> Answer:
        """As the target probes, noted."""
        about = f"{question.decision.dataset} as {principal}"
        return self.noted("probe", about, lambda: self._target.probe(principal, question))
