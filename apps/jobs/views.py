"""The page of jobs: what waits, what runs, what is stuck and why."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.core.actors import Actor
from apps.core.views import redirect, require
from apps.jobs import selectors, services
from apps.jobs.models import Job, State

PAGE = 50
_TABS = [
    ("", gettext_lazy("All")),
    (State.QUEUED, gettext_lazy("Waiting")),
    (State.RUNNING, gettext_lazy("Running")),
    (State.QUARANTINED, gettext_lazy("Quarantined")),
    (State.DONE, gettext_lazy("Done")),
]


@require_GET
@require("jobs.view")
def jobs(request: HttpRequest) -> HttpResponse:
    """The jobs of one state or of all, and what is done again and again."""
    at = timezone.now()
    state = request.GET.get("state", "")
    pulse = selectors.pulse(at)
    name, before = request.GET.get("name", ""), request.GET.get("before", "")
    found = selectors.jobs(state if state in State.values else "", name)
    if before.isascii() and before.isdigit():
        found = found.filter(pk__lt=int(before))
    rows = list(found[: PAGE + 1])
    return render(
        request,
        "jobs/jobs.html",
        {
            "jobs": rows[:PAGE],
            "earlier": rows[PAGE - 1].pk if len(rows) > PAGE else None,
            "state": state,
            "tabs": _tabs(request, state, pulse),
            "behind": round(pulse.seconds_behind(at)),
            "quarantined": pulse.counts.get(State.QUARANTINED, 0),
            "periodic": selectors.periodic(),
            "may_operate": request.user.has_perm("jobs.operate"),
            "name": name,
        },
    )


@require_POST
@require("jobs.operate")
def retry(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Put a quarantined job back into the queue."""
    job = get_object_or_404(Job, uuid=uuid)
    services.retry_job(job=job, actor=cast(Actor, request.user))
    messages.success(request, _("It is tried again, with all its attempts."))
    return redirect(request, "jobs:jobs")


def _tabs(request: HttpRequest, state: str, pulse: selectors.Pulse) -> list[dict[str, object]]:
    return [
        {
            "label": label,
            "url": f"{request.path}?state={value}" if value else request.path,
            "count": pulse.counts.get(value) if value and value != State.DONE else None,
            "current": value == state,
        }
        for value, label in _TABS
    ]
