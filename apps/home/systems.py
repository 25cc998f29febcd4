"""The line at the foot of the sidebar: whether systems stand as declared and the book holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from apps.audit.selectors import known_break
from apps.core.views import require
from apps.enforcement.selectors import Health, Overview, overviews
from apps.enforcement.selectors.visible import visible_systems
from apps.identity.who import user_of


@dataclass(frozen=True, slots=True)
class Line:
    """What the foot of the sidebar says; `checked` is when the system read longest ago was read."""

    tone: str
    label: str
    checked: datetime | None


@require_GET
@require("enforcement.view")
def systems(request: HttpRequest) -> HttpResponse:
    """The line, fetched by the sidebar after the page and once a minute."""
    user = user_of(request)
    shown = overviews(visible_systems(user), timezone.now())
    broken = known_break() if user.has_perm("audit.view") else None
    told = {"line": line(shown), "broken": broken}
    return render(request, "shell/systems.html", told)


def line(shown: Sequence[Overview]) -> Line | None:
    """The line for these systems; None without any."""
    if not shown:
        return None
    in_sync = sum(each.health is Health.HEALTHY for each in shown)
    label = ngettext(
        "%(in_sync)d of %(all)d system in sync",
        "%(in_sync)d of %(all)d systems in sync",
        len(shown),
    ) % {"in_sync": in_sync, "all": len(shown)}
    read = [each.state.observed_at for each in shown if each.state and each.state.observed_at]
    return Line(_tone(shown), label, min(read) if len(read) == len(shown) else None)


def _tone(shown: Sequence[Overview]) -> str:
    if any(each.health is Health.BROKEN or each.open_drifts for each in shown):
        return "bad"
    if any(each.health is not Health.HEALTHY for each in shown):
        return "warn"
    return "ok"
