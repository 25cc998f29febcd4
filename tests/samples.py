"""Sample requests: one that succeeds for every endpoint that changes something.

Each app writes its own in `tests/<app>/requests.py`:

    from tests.samples import Sample, sample

    @sample("POST", "/api/v1/jobs/<uuid:uuid>/retry")
    def retry(patch: pytest.MonkeyPatch) -> Sample:
        job = ...                                   # what the request is about, made by services
        return Sample(person("Olga", Role.OPERATOR), path={"uuid": job.uuid})

The path is written as in the URLconf. The function runs inside the test's transaction and returns
who asks, the values of the path, and what is sent: `data` is JSON for `/api/`, a form elsewhere.
`patch` is for putting a double in the place of a foreign system while the test lasts.
An endpoint that keeps nothing is declared so, with the reason:

    changes_nothing("POST", "/api/v1/policies/preview", "It only computes.")
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from apps.identity.models import User

TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    """A request that succeeds: who sends it, to what, and what is in it."""

    user: User | None
    path: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    session: Mapping[str, Any] = field(default_factory=dict)
    """What the sender's session holds besides who they are."""
    query: str = ""
    """With its question mark."""


Maker = Callable[[pytest.MonkeyPatch], Sample]
_samples: dict[tuple[str, str], Maker] = {}
_nothing: dict[tuple[str, str], str] = {}


def sample(method: str, path: str) -> Callable[[Maker], Maker]:
    """Say for which endpoint the decorated function makes a sample."""

    def declare(maker: Maker) -> Maker:
        _samples[(method, path)] = maker
        return maker

    return declare


def changes_nothing(method: str, path: str, reason: str) -> None:
    """Say that an endpoint keeps nothing, in spite of its method, and why."""
    assert reason
    _nothing[(method, path)] = reason


@cache
def samples() -> dict[tuple[str, str], Maker]:
    """Every sample of every app, by method and path."""
    for file in sorted(TESTS.glob("*/requests.py")):
        import_module(f"tests.{file.parent.name}.requests")
    return dict(_samples)


def keeps_nothing() -> frozenset[tuple[str, str]]:
    """The endpoints that are declared to keep nothing."""
    samples()
    return frozenset(_nothing)
