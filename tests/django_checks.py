"""What Django itself can check, in one process: migrations, deployment, the API's schema."""

import os
import sys
from collections.abc import Callable

import django
from django.core.management import CommandError, call_command


def main() -> int:
    """Run each check; tell which were not well."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")
    django.setup()
    checks: dict[str, Callable[[], object]] = {
        "migrations": lambda: call_command("makemigrations", check=True, dry_run=True, verbosity=1),
        "deployment": lambda: call_command("check", deploy=True, fail_level="WARNING"),
        "API schema": lambda: call_command(
            "spectacular", validate=True, fail_on_warn=True, file=os.devnull
        ),
    }
    return 1 if [name for name, check in checks.items() if not _is_well(name, check)] else 0


def _is_well(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except (CommandError, SystemExit) as problem:
        if problem.args not in ((), (0,), (None,)):
            print(f"{name}: {problem}")
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
