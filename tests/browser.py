"""The browser of the tests: the system's, Playwright's, or one installed by the distribution."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NONE_FOUND = (
    "No browser was found and none could be installed: THE BROWSER TESTS ARE NOT RUN. "
    "Install chromium, or run `.venv/bin/playwright install chromium`."
)


def find() -> str | None:
    """Return the path of a Chromium, or None."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    return _of_playwright()


def required() -> bool:
    """Tell whether a missing browser is a failure (`CI=true`)."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def main() -> int:
    """Make sure of a browser, installing one where we may."""
    if find() or _install():
        return 0
    print(f"\n{'!' * 78}\n{NONE_FOUND}\n{'!' * 78}\n", file=sys.stderr)
    return 1 if required() else 0


def _of_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install() -> bool:
    """Try Playwright's download, then the distribution when root; tell whether it helped."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        attempts += [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"],
        ]
    print("Looking for a browser to install …", file=sys.stderr)
    for command in attempts:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            subprocess.run(command, env=environment, capture_output=True, timeout=600, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if find():
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
