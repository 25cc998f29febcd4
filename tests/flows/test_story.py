"""The story of the README, told to a product started from nothing, as `make demo` tells it."""

import os
import subprocess
import sys

import pytest

from controlplane.settings.model import PROJECT

OURS = ("SENESCHAL_", "DJANGO_", "DATABASE_", "REDIS_", "PYTEST_")
"""What the test run set for itself, and a newcomer would not have."""


@pytest.mark.heavy
def test_every_claim_of_the_demo_is_true() -> None:
    command = [sys.executable, "-m", "controlplane.run", "--temporary", "--"]
    told = subprocess.run(
        [*command, sys.executable, "-m", "examples.demo"],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if not name.startswith(OURS)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    assert "Every claim was true." in told.stdout
