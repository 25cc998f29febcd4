"""The compose file: there is no Docker here, so all of it that needs none is checked and run."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from controlplane.settings.model import Settings, variable
from tests import servers

PROJECT = Path(__file__).resolve().parents[2]
FILE = PROJECT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PRODUCT = ("prepare", "web", "worker", "beat")
KNOWN_KEYS = {
    "build", "command", "depends_on", "env_file", "environment", "healthcheck", "image", "ports",
    "restart", "volumes",
}  # fmt: skip
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
SETTINGS = {variable(name) for name in Settings.model_fields}


def default_command() -> list[str]:
    """What the image runs when a service says nothing else."""
    (text,) = re.findall(r"^CMD (\[.*?\])", DOCKERFILE, re.MULTILINE | re.DOTALL)
    return [str(part) for part in yaml.safe_load(text.replace("\\\n", ""))]


def test_services_say_nothing_that_compose_does_not_know() -> None:
    assert set(COMPOSE) <= {"services", "volumes", "x-product"}
    assert set(SERVICES) == {"postgres", "redis", *PRODUCT}
    for name, service in SERVICES.items():
        assert set(service) <= KNOWN_KEYS, name


def test_every_volume_is_declared_and_every_file_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (PROJECT / source).exists(), volume
            else:
                assert source in COMPOSE["volumes"], volume
    for source in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE):
        for part in source.split():
            assert (PROJECT / part).exists(), part


def test_whoever_is_waited_for_can_become_what_is_waited_for() -> None:
    for name, service in SERVICES.items():
        for other, wanted in service.get("depends_on", {}).items():
            assert other in SERVICES, (name, other)
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], other
            else:
                assert wanted["condition"] == "service_completed_successfully"
                assert SERVICES[other]["restart"] == "no"


def test_every_variable_of_the_product_is_a_setting() -> None:
    for name in PRODUCT:
        assert set(SERVICES[name]["environment"]) <= SETTINGS, name


def test_every_variable_to_fill_in_is_in_the_example_and_no_other() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", FILE.read_text()))
    example = re.findall(r"^([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    assert asked == set(example)
    required = set(re.findall(r"\$\{([A-Z_]+):\?", FILE.read_text()))
    assert required == {name for name in asked if name.endswith(("_PASSWORD", "_KEY"))}


def test_the_roles_that_connect_are_the_roles_that_are_made() -> None:
    made = set(re.findall(r"CREATE ROLE (\w+)", (PROJECT / "deploy" / "roles.sh").read_text()))
    connecting = set(re.findall(r"postgresql://(\w+):", FILE.read_text()))
    assert connecting == made


# What the containers would run, run here as it stands there


@pytest.fixture(scope="module")
def values() -> dict[str, str]:
    """What somebody fills in."""
    example = re.findall(r"^([A-Z_]+)=(.*)$", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    return {name: given or secrets.token_hex(32) for name, given in example} | {
        "SENESCHAL_ALLOWED_NETWORKS": ""
    }


@pytest.fixture(scope="module")
def addresses(values: dict[str, str]) -> Iterator[dict[str, str]]:
    """A PostgreSQL in which `deploy/roles.sh` has run, and a Redis: their places by name."""
    with servers.running_cluster("compose") as cluster, servers.running_redis() as redis:
        script = (PROJECT / "deploy" / "roles.sh").read_text().partition("<<'SQL'\n")[2]
        with psycopg.connect(cluster.url(), autocommit=True) as admin:
            for statement in script.rpartition("\nSQL")[0].split(";\n"):
                for name in ("owner", "web", "worker"):
                    given = values[f"{name.upper()}_PASSWORD"]
                    statement = statement.replace(f":'{name}'", f"'{given}'")
                admin.execute(statement.encode())
        yield {
            "@postgres:5432": f"@127.0.0.1:{cluster.port}",
            f"redis://:{values['REDIS_PASSWORD']}@redis:6379/0": redis.url,
        }


@pytest.fixture(scope="module")
def environment(values: dict[str, str], addresses: dict[str, str], tmp_path_factory) -> Any:
    """The environment of a service, with the places of here."""
    folder = tmp_path_factory.mktemp("compose")
    port = str(20000 + os.getpid() % 10000)

    def of(name: str) -> dict[str, str]:
        given = {}
        for key, text in SERVICES[name]["environment"].items():
            filled = re.sub(r"\$\{([A-Z_]+)[^}]*\}", lambda found: values[found[1]], str(text))
            for there, here in addresses.items():
                filled = filled.replace(there, here)
            given[key] = filled.replace("/checkpoints", str(folder / "checkpoints"))
        clean = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("SENESCHAL_", "DATABASE_", "REDIS_", "DJANGO_"))
        }
        beside = {"SENESCHAL_DATA": str(folder / "data"), "SENESCHAL_PORT": port}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**clean, "PYTHONUNBUFFERED": "1", "PATH": path} | beside | given

    return of


def command_of(name: str, port: str) -> list[str]:
    """The service's command, listening where it may."""
    command = SERVICES[name].get("command") or default_command()
    return [
        port if part == "8000" else "127.0.0.1" if part == "0.0.0.0" else part for part in command
    ]


@pytest.mark.heavy
def test_prepared_and_started_as_the_file_says_every_healthcheck_answers(environment: Any) -> None:
    prepared = subprocess.run(
        command_of("prepare", "0"),
        cwd=PROJECT,
        env=environment("prepare"),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    assert "no runtime roles" not in prepared.stdout
    running = []
    try:
        for name in ("web", "worker", "beat"):
            given = environment(name)
            command = command_of(name, given["SENESCHAL_PORT"])
            running.append(
                subprocess.Popen(
                    command,
                    cwd=PROJECT,
                    env=given,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        for name in ("web", "worker", "beat"):
            assert _becomes_healthy(name, environment(name)), name
        made = subprocess.run(
            [sys.executable, "manage.py", "create_admin", "you@example.org", "Your Name"],
            cwd=PROJECT,
            env=environment("web"),
            input=f"{secrets.token_hex(16)}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Your Name <you@example.org> is an administrator." in made.stdout, made.stderr
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
        for process in running:
            process.wait(timeout=30)


def _becomes_healthy(name: str, given: dict[str, str], patience: float = 90.0) -> bool:
    """Whether the service's own health check succeeds in time."""
    how, *check = SERVICES[name]["healthcheck"]["test"]
    assert how == "CMD"
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if (
            subprocess.run(
                check, cwd=PROJECT, env=given, capture_output=True, check=False
            ).returncode
            == 0
        ):
            return True
        time.sleep(1)
    return False
