"""Handlers of the test's own, and no message to any broker."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from apps.jobs import registry
from apps.jobs.registry import Progress

Do = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the apps can do."""
    for name in ("_handlers", "_periodic", "_every"):
        monkeypatch.setattr(registry, name, {})


@pytest.fixture
def steady_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute between attempts, where a test counts what one pass does."""
    monkeypatch.setattr("apps.jobs.services.claims.pause", lambda attempts: timedelta(minutes=1))


@pytest.fixture
def do() -> Do:
    """Declare a handler that notes its keys, and raises the errors given, one per attempt."""

    def declare(name: str = "test.work", *errors: Exception, **how: object) -> list[str]:
        seen: list[str] = []
        left = list(errors)

        @registry.handles(name, **how)  # type: ignore[arg-type]
        def work(key: str, progress: Progress) -> None:
            seen.append(key)
            if left:
                raise left.pop(0)

        return seen

    return declare
