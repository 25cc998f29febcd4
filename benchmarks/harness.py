"""Runs the arms of a benchmark interleaved, and says what came out without flattering it."""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True, slots=True)
class Arm:
    """One contender: `run` does the work once and returns how many units it did.

    `prepare` is called before each run and is not timed.
    """

    name: str
    run: Callable[[], int]
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class Promise:
    """`ours` must do at least `ratio` times the units a second of `against`."""

    text: str
    ours: str
    against: str
    ratio: float
    ours_per_against: bool = True
    """False: `ours` may take at most `ratio` times as long for a unit as `against` does."""


@dataclass(slots=True)
class Outcome:
    """What was measured; seconds for one unit, by arm, a value for each round."""

    name: str
    seconds: dict[str, list[float]]
    kept: list[tuple[Promise, float, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def median(self, arm: str) -> float:
        """Median seconds for one unit."""
        return statistics.median(self.seconds[arm])


def measure(
    name: str,
    arms: Sequence[Arm],
    promises: Sequence[Promise] = (),
    *,
    rounds: int = 5,
    notes: Sequence[str] = (),
    versions: Sequence[str] = (),
) -> Outcome:
    """Run A B C A B C …, print the table, write the JSON, and return what came out.

    Correctness is the caller's to compare before this is called. The first, uncounted round warms
    every arm alike.
    """
    outcome = Outcome(name, {arm.name: [] for arm in arms}, notes=list(notes))
    load_before = os.getloadavg()
    for turn in range(rounds + 1):
        for arm in arms:
            arm.prepare()
            start = time.perf_counter()
            units = arm.run()
            taken = time.perf_counter() - start
            if turn:
                outcome.seconds[arm.name].append(taken / units)
    for promise in promises:
        outcome.kept.append(_judge(outcome, promise))
    _print(outcome, rounds, load_before)
    _write(outcome, rounds, load_before, versions)
    return outcome


def report(
    name: str, rows: Sequence[tuple[str, str, str, bool]], *, versions: Sequence[str] = ()
) -> bool:
    """Print and keep plain figures: (what, promised, measured, kept). Returns whether all kept."""
    width = max(len(row[0]) for row in rows)
    print(f"\n{name}")
    for what, promised, measured, kept in rows:
        print(f"  {what:<{width}}  promised {promised:>14}  measured {measured:>14}  {_word(kept)}")
    _save(name, {"rows": [list(row) for row in rows]}, versions)
    return all(row[3] for row in rows)


def finish(outcomes: Sequence[Outcome]) -> None:
    """Exit 1 when a promise was missed; a miss is printed as a miss."""
    missed = [p.text for o in outcomes for p, _, kept in o.kept if not kept]
    for text in missed:
        print(f"MISSED: {text}")
    sys.exit(1 if missed else 0)


def _judge(outcome: Outcome, promise: Promise) -> tuple[Promise, float, bool]:
    ours, against = outcome.median(promise.ours), outcome.median(promise.against)
    if promise.ours_per_against:
        ratio = against / ours
        return promise, ratio, ratio >= promise.ratio
    ratio = ours / against
    return promise, ratio, ratio <= promise.ratio


def _print(outcome: Outcome, rounds: int, load: tuple[float, float, float]) -> None:
    width = max(len(name) for name in outcome.seconds)
    print(f"\n{outcome.name} ({rounds} rounds, interleaved; load {load[0]:.1f} before)")
    for name, seconds in outcome.seconds.items():
        median = statistics.median(seconds)
        print(
            f"  {name:<{width}}  {1 / median:>14,.0f}/s  median {median * 1e6:>12,.1f} us"
            f"  ({min(seconds) * 1e6:,.1f} to {max(seconds) * 1e6:,.1f})"
        )
    for promise, ratio, kept in outcome.kept:
        print(f"  {promise.text}: {ratio:,.2f}x  {_word(kept)}")
    for note in outcome.notes:
        print(f"  note: {note}")


def _word(kept: bool) -> str:
    return "kept" if kept else "MISSED"


def _write(
    outcome: Outcome, rounds: int, load: tuple[float, float, float], versions: Sequence[str]
) -> None:
    content: Mapping[str, object] = {
        "rounds": rounds,
        "load_before": load,
        "load_after": os.getloadavg(),
        "seconds_per_unit": outcome.seconds,
        "promises": [
            {"text": p.text, "wanted": p.ratio, "measured": ratio, "kept": kept}
            for p, ratio, kept in outcome.kept
        ],
        "notes": outcome.notes,
    }
    _save(outcome.name, content, versions)


def _save(name: str, content: Mapping[str, object], versions: Sequence[str]) -> None:
    RESULTS.mkdir(exist_ok=True)
    slug = "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")
    whole = {
        "name": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "versions": {package: version(package) for package in versions},
        **content,
    }
    (RESULTS / f"{slug}.json").write_text(json.dumps(whole, indent=1) + "\n")
