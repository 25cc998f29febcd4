"""Jobs as operators see them, through REST and on their page."""

import pytest
from django.test import Client

from apps.audit.models import Entry
from apps.core.actors import SystemActor
from apps.core.errors import Refused
from apps.identity.permissions import Role
from apps.jobs.models import Job, State
from apps.jobs.runner import drain
from apps.jobs.services import enqueue
from tests.jobs.conftest import Do
from tests.people import client_of, person

ACTOR = SystemActor("test")
pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck(do: Do) -> Job:
    do("test.work", Refused("Somebody must <change> it."))
    job = enqueue(name="test.work", key="a", actor=ACTOR)
    drain()
    job.refresh_from_db()
    return job


def test_an_operator_lists_and_retries_what_was_quarantined(stuck: Job) -> None:
    operator = client_of(person("Olga", Role.OPERATOR))
    rows = operator.get("/api/v1/jobs", {"state": "quarantined"}).json()["results"]
    assert [(row["uuid"], row["error"]) for row in rows] == [
        (str(stuck.uuid), "Somebody must <change> it.")
    ]
    response = operator.post(f"/api/v1/jobs/{stuck.uuid}/retry")
    assert (response.status_code, response.json()["state"]) == (200, "queued")
    assert operator.post(f"/api/v1/jobs/{stuck.uuid}/retry").status_code == 409
    assert Entry.objects.get(action="jobs.retry_job").actor == "user:olga@example.org"


def test_an_auditor_sees_jobs_and_leaves_them_alone(stuck: Job) -> None:
    auditor = client_of(person("Ada", Role.AUDITOR))
    assert auditor.get(f"/api/v1/jobs/{stuck.uuid}").status_code == 200
    assert auditor.post(f"/api/v1/jobs/{stuck.uuid}/retry").status_code == 403
    stuck.refresh_from_db()
    assert stuck.state == State.QUARANTINED


def test_the_page_says_what_is_stuck_and_why(stuck: Job) -> None:
    client = Client()
    client.force_login(person("Olga", Role.OPERATOR))
    shown = client.get("/jobs?state=quarantined").content.decode()
    assert "Somebody must &lt;change&gt; it." in shown
    assert "1 job was given up and waits for a person." in shown
    response = client.post(f"/jobs/{stuck.uuid}/retry", follow=True)
    assert "It is tried again" in response.content.decode()
    stuck.refresh_from_db()
    assert stuck.state == State.QUEUED


def test_the_page_is_empty_when_there_is_nothing(do: Do) -> None:
    client = Client()
    client.force_login(person("Olga", Role.OPERATOR))
    shown = client.get("/jobs?state=running&before=x").content.decode()
    assert "No jobs here" in shown
