"""Runs one pass in a process of its own, which kills itself at a write point.

`python -m tests.enforcement.dying <point>`: 2n-1 is within the n-th write's transaction, just
before its commit; 2n is right after it. The database is that of the test which started it.
"""

import json
import os
import signal
import sys
from typing import Any

import django
from django.conf import settings


def main(point: int) -> None:
    """Reconcile the one system there is."""
    settings.DATABASES["default"].update(json.loads(os.environ["SENESCHAL_TEST_DATABASE"]))
    settings.CONNECTABLE_NETWORKS = ["127.0.0.0/8"]
    django.setup()

    from django.utils import timezone

    from apps.catalog import connections
    from apps.catalog.models import System
    from apps.core.actors import SystemActor
    from apps.enforcement import services

    build, seen = connections.target, 0

    def die_here() -> None:
        nonlocal seen
        seen += 1
        if seen == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def dying(system: System) -> Any:
        target = build(system)
        target.before_commit = die_here
        for verb in ("write", "remove"):
            setattr(target, verb, _then(getattr(target, verb), die_here))
        return target

    connections.target = dying
    sync = services.reconcile(
        system=System.objects.get(), at=timezone.now(), actor=SystemActor("tests")
    )
    sys.stdout.write(sync.outcome)


def _then(call: Any, after: Any) -> Any:
    def both(*given: Any) -> None:
        call(*given)
        after()

    return both


if __name__ == "__main__":
    main(int(sys.argv[1]))
