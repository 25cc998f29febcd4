"""The line at the foot of the sidebar, from how each connection is doing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from apps.catalog.models import System
from apps.enforcement.models import Enforcement
from apps.enforcement.selectors import Health, Overview
from apps.home.systems import line
from apps.identity.permissions import Role
from tests.people import person

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WELL = Overview(
    system=System(key="warehouse"),
    health=Health.HEALTHY,
    sentence="",
    state=Enforcement(observed_at=NOW),
    last=None,
    documents=3,
    refused=0,
    open_drifts=0,
    recent_drifts=0,
    waiting=0,
    points=(),
)


def test_systems_that_all_stand_as_declared_are_green_since_the_oldest_reading() -> None:
    earlier = replace(WELL, state=Enforcement(observed_at=NOW - timedelta(minutes=5)))
    said = line([WELL, earlier])
    assert said is not None
    assert (said.tone, said.label) == ("ok", "2 of 2 systems in sync")
    assert said.checked == NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("worse", "tone"),
    [
        (replace(WELL, health=Health.HELD), "warn"),
        (replace(WELL, health=Health.PAUSED), "warn"),
        (replace(WELL, health=Health.NEW, state=None), "warn"),
        (replace(WELL, health=Health.BROKEN), "bad"),
        (replace(WELL, health=Health.LAGGING, open_drifts=1), "bad"),
    ],
)
def test_the_worst_system_gives_the_tone(worse: Overview, tone: str) -> None:
    said = line([WELL, worse])
    assert said is not None
    assert (said.tone, said.label) == (tone, "1 of 2 systems in sync")


def test_a_system_never_read_leaves_open_when_all_were_checked() -> None:
    said = line([WELL, replace(WELL, health=Health.NEW, state=None)])
    assert said is not None
    assert said.checked is None


def test_without_a_system_there_is_nothing_to_say() -> None:
    assert line([]) is None


@pytest.mark.django_db
def test_the_line_is_for_those_who_may_see_connections() -> None:
    client = Client()
    client.force_login(person("", Role.MEMBER))
    assert client.get("/systems").status_code == 403
    client.force_login(person("", Role.OWNER))
    assert client.get("/systems").content.strip() == b""
