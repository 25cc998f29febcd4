"""One request id follows what a request causes: its answer, its log lines, its tasks."""

import threading

import pytest
import structlog
from celery.contrib.testing.worker import start_worker
from django.test import Client

from controlplane.celery import app


@pytest.mark.django_db
def test_an_answer_carries_the_id_of_its_request_and_a_forged_one_is_not_believed(
    client: Client,
) -> None:
    first = client.get("/healthz/live")["X-Request-ID"]
    second = client.get("/healthz/live", headers={"X-Request-ID": "forged"})["X-Request-ID"]
    assert len({first, second, "forged", ""}) == 4


def test_a_task_knows_the_id_of_the_request_that_caused_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CELERY_SKIP_CHECKS", "1")
    seen: list[object] = []
    done = threading.Event()

    @app.task(name="house.tell_request_id")
    def tell() -> None:
        seen.append(structlog.contextvars.get_contextvars().get("request_id"))
        done.set()

    with start_worker(app, perform_ping_check=False, shutdown_timeout=30):
        with structlog.contextvars.bound_contextvars(request_id="request-4711"):
            tell.delay()
        assert done.wait(20), "the task did not run"
    app.tasks.pop("house.tell_request_id")
    assert seen == ["request-4711"]
