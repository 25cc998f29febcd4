"""The schema of the API is true, and no request whatever breaks us: every operation is tried.

Schemathesis draws requests from the schema, at the bounds of what it allows and beyond them; an
administrator sends them about things that exist. Each answer must be one that the schema tells of:
no 5xx, a body of the declared shape, and whatever is refused as a problem that tells nothing of our
code. Each request is taken back afterwards. The sample request of each changing endpoint, which
succeeds, is held to the schema too.

Every day some of the requests at the bounds are sent and a few at random, in CI all and many.
`SENESCHAL_TEST_SEED` takes another seed than the usual one.
"""

import json
import logging
import os
import tomllib
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.conf import settings as conf
from django.core.cache import cache
from django.core.signals import got_request_exception, request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.utils.crypto import get_random_string
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.config._checks import MissingRequiredHeaderConfig
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks

from apps.core.problems import MEDIA_TYPE
from apps.identity.models import User
from apps.identity.permissions import Role
from tests.architecture.things import THINGS, Place
from tests.people import client_of, domain, person
from tests.samples import samples
from tests.servers import sized

pytestmark = pytest.mark.django_db

SEED = int(os.environ.get("SENESCHAL_TEST_SEED", "7"))
RANDOM = sized(4, 25)
"""Requests of each operation that are drawn at random."""
EVERY = sized(12, 1)
"""One in so many of the requests at the bounds is sent."""
UUIDS = {
    "beneficiary": "user",
    "dataset": "dataset",
    "field": "field",
    "owner": "user",
    "taker": "user",
    "user": "user",
}
"""Which of the things in things.py a name in a body refers to."""
TABLE = tomllib.loads(Path(__file__).with_name("authorisation.toml").read_text())


def told_as_a_problem(_: object, response: Response, case: Case) -> None:
    """Whatever is refused is told as a problem, with nothing of our code in it."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == [MEDIA_TYPE], response.headers
    told = response.json()
    assert told["status"] == response.status_code
    assert "Traceback" not in response.text
    assert ".py" not in told["detail"], told


CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
    told_as_a_problem,
]


def _loaded() -> Any:
    """The schema as Schemathesis knows it."""
    raw = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    drawing = GenerationConfig(
        max_examples=RANDOM, no_shrink=True, with_security_parameters=False, database="none"
    )
    versions = MissingRequiredHeaderConfig(expected_statuses=[400, 403, 428])
    wanted = ChecksConfig(missing_required_header=versions)
    projects = ProjectsConfig(default=ProjectConfig(generation=drawing, checks=wanted))
    config = SchemathesisConfig(seed=SEED, projects=projects)
    loaded = schemathesis.openapi.from_dict(json.loads(json.dumps(raw, default=str)), config=config)
    loaded.app = get_wsgi_application()
    return loaded


schema = _loaded()


@pytest.fixture(autouse=True)
def open_connection() -> Iterator[None]:
    """Keep the connection of the test, which every request would close when it ends."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep hundreds of refusals, which are what is asked for, out of a failure's report."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Asker:
    """An administrator who asks about things that exist."""

    def __init__(self) -> None:
        self.place = Place(person("Ada", Role.ADMIN), domain("here"))
        self.session = session_of(self.place.who)
        self.sent = 0
        self._made: dict[str, Mapping[str, Any]] = {}

    def ask(self, case: Case) -> None:
        """Send it, hold the answer to the schema, and take back what it did."""
        self._aim(case)
        self.sent += 1
        send(case, self.session)

    def _aim(self, case: Case) -> None:
        """Put what exists into the place of each id, but for one in four."""
        path = case.path_parameters
        if thing := self._about(case.operation.path):
            made = self._thing(thing)
            for name, value in path.items():
                if name in made and is_uuid(value) and UUID(value).int % 4:
                    path[name] = str(made[name])
        if isinstance(case.body, dict):
            case.body = self._referring(case.body)
        if is_version(case.headers.get("If-Match")):
            case.headers["If-Match"] = '"v1"'
        if case.meta and case.meta.generation.mode.is_positive and self.sent % 4:
            case.query.pop("cursor", None)

    def _referring(self, body: Any, name: str = "") -> Any:
        if isinstance(body, dict):
            return {key: self._referring(value, key) for key, value in body.items()}
        if isinstance(body, list):
            return [self._referring(value, name) for value in body]
        if name in UUIDS and is_uuid(body):
            return str(self._thing(UUIDS[name])["uuid"])
        return body

    def _about(self, path: str) -> str:
        """The thing of a route, or of the routes to each of what it lists."""
        written = path.replace("{", "<uuid:").replace("}", ">")
        rows = TABLE.get(written, {}) if "{" in path else TABLE.get(f"{written}/<uuid:uuid>", {})
        return next((str(row["thing"]) for row in rows.values() if "thing" in row), "")

    def _thing(self, name: str) -> Mapping[str, Any]:
        if name not in self._made:
            self._made[name] = THINGS[name](self.place) if name in THINGS else {}
        return self._made[name]


@pytest.fixture
def asker() -> Asker:
    """Somebody who asks."""
    return Asker()


@schema.parametrize()  # type: ignore[untyped-decorator]
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_the_schema_says(case: Case, asker: Asker, chosen: Any) -> None:
    if chosen(case):
        asker.ask(case)


@pytest.fixture
def chosen() -> Any:
    """Which requests at the bounds are sent: all in CI, some every day."""
    met = 0

    def decide(case: Case) -> bool:
        nonlocal met
        met += 1
        assert case.meta is not None
        return case.meta.phase.name != "coverage" or (met + SEED) % EVERY == 0

    return decide


SAMPLES = sorted(key for key in samples() if key[1].startswith("/api/"))


@pytest.mark.parametrize(
    ("method", "path"), SAMPLES, ids=[f"{method} {path}" for method, path in SAMPLES]
)
def test_what_succeeds_is_answered_as_the_schema_says(
    method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = samples()[(method, path)](monkeypatch)
    assert sample.user is not None
    operation = schema[path.replace("<uuid:", "{").replace(">", "}")][method]
    case = operation.Case(
        path_parameters={name: str(value) for name, value in sample.path.items()},
        headers=dict(sample.headers),
        query={},
        **({"body": json.loads(json.dumps(sample.data, default=str))} if sample.data else {}),
    )
    assert send(case, session_of(sample.user)).status_code < 300


def send(case: Case, session: dict[str, Any]) -> Response:
    """Send it in a transaction that is taken back; what broke stands with the failure."""
    broken: list[str] = []

    def note(**_: object) -> None:
        broken.append(traceback.format_exc())

    cache.clear()  # what counts somebody's requests
    got_request_exception.connect(note)
    try:
        with transaction.atomic():
            response = case.call_and_validate(**session, checks=CHECKS)
            transaction.set_rollback(True)
        return response
    except BaseException as error:
        for text in (f"seed {SEED}", *broken):
            error.add_note(text)
        raise
    finally:
        got_request_exception.disconnect(note)


def session_of(user: User) -> dict[str, dict[str, str]]:
    """What a browser sends in which this user is signed in."""
    session = client_of(user).cookies[conf.SESSION_COOKIE_NAME].value
    csrf = get_random_string(32)
    cookies = {conf.SESSION_COOKIE_NAME: session, conf.CSRF_COOKIE_NAME: csrf}
    return {"cookies": cookies, "headers": {"X-CSRFToken": csrf}}


def is_uuid(value: object) -> bool:
    """Whether it is one, in the usual writing."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def is_version(value: object) -> bool:
    """Whether a version could stand there: any text does in the schema."""
    return isinstance(value, str) and bool(value)
