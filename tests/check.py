"""`make check`: everything that can be judged without running the product, quietly, in parallel."""

import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
MOST_LINES = 120
AT_ONCE = max(2, os.cpu_count() or 2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check said, and how long it took."""

    name: str
    ok: bool
    said: str
    seconds: float


def main() -> int:
    """Run all checks; print only what is wrong, and one line when nothing is."""
    started = time.monotonic()
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        outcomes = list(pool.map(lambda named: _run(*named), _checks().items()))
    for outcome in outcomes:
        if not outcome.ok:
            lines = outcome.said.strip().splitlines()
            print(f"── {outcome.name} ──", *lines[-MOST_LINES:], "", sep="\n")
    wrong = [outcome.name for outcome in outcomes if not outcome.ok]
    seconds = time.monotonic() - started
    if wrong:
        print(f"Not well: {', '.join(wrong)} ({seconds:.0f} s)")
        return 1
    if "--times" in sys.argv:
        for outcome in sorted(outcomes, key=lambda each: -each.seconds):
            print(f"{outcome.seconds:6.1f} s  {outcome.name}")
    print(f"All {len(outcomes)} checks pass ({seconds:.0f} s)")
    return 0


def _checks() -> dict[str, list[str]]:
    """Return the commands by name, the longest first so that the cores stay busy."""
    typed = [folder for folder in ("apps", "controlplane", "cli") if (PROJECT / folder).is_dir()]
    templates = sorted(str(path) for path in (PROJECT / "templates").rglob("*.html"))
    checks = {
        "types": [str(BIN / "mypy"), *typed],
        "architecture": _architecture(),
        "imports": [str(BIN / "lint-imports"), "--no-logo"],
        "django": [sys.executable, "-W", "ignore", "-m", "tests.django_checks"],
        "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
        "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    }
    if templates:
        checks["templates"] = [str(BIN / "djade"), "--check", "--target-version=5.2", *templates]
    return checks


def _run(name: str, command: list[str]) -> Outcome:
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, **_production()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    said = done.stdout or f"exit code {done.returncode}"
    return Outcome(name, done.returncode == 0, said, time.monotonic() - started)


def _architecture() -> list[str]:
    """Return what runs the architecture's tests but the long one, each on the next free core."""
    spread = ["-n", str(AT_ONCE), "--dist", "load"]
    short = ["tests/architecture", "--ignore=tests/architecture/test_schemathesis.py"]
    return [sys.executable, "-m", "pytest", "--no-header", *spread, *short]


def _production() -> dict[str, str]:
    """Return the settings of an installation as it should be."""
    return {
        "SENESCHAL_SECRET_KEY": secrets.token_urlsafe(50),
        "SENESCHAL_ALLOWED_HOSTS": "seneschal.example.com",
        "SENESCHAL_SECURE": "true",
        "SENESCHAL_LOG_LEVEL": "WARNING",
    }


if __name__ == "__main__":
    sys.exit(main())
