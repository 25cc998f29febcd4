"""The pages of enforcement: connections, one connection, one pass, and evidence to keep."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.catalog import services as catalog
from apps.catalog.models import Dataset, System
from apps.connectors.names import parts
from apps.core.errors import Forbidden, Invalid, Refused, Unavailable
from apps.core.views import redirect, require, version_seen
from apps.enforcement import services
from apps.enforcement.downloads import download
from apps.enforcement.plan import Change
from apps.enforcement.selectors import Health, overviews, visible
from apps.enforcement.selectors.connection import SHOWN, connection_page
from apps.identity.who import user_of


@require_GET
@require("enforcement.view")
def connections(request: HttpRequest) -> HttpResponse:
    """A card per system, what waits for a person first, and the last calls."""
    user = user_of(request)
    at = timezone.now()
    shown = overviews(visible.visible_systems(user), at)
    looks = sum(each.needs_a_look for each in shown)
    return render(
        request,
        "enforcement/connections.html",
        {
            "title": _title(len(shown), looks) if shown else _("Connections"),
            "overviews": shown,
            "any": System.objects.exists(),
            "elsewhere": overviews(visible.systems_of_datasets(user), at),
            "held": [each for each in shown if each.health is Health.HELD],
            "calls": visible.visible_calls(user).order_by("-at", "-id")[:SHOWN],
            "may_connect": user.has_perm("enforcement.operate"),
        },
    )


@require_GET
@require("enforcement.view")
def connection(request: HttpRequest, key: str) -> HttpResponse:
    """One system: rights, what waits, what was changed by hand, passes and calls."""
    system = _system(request, key)
    page = connection_page(system, timezone.now())
    may_operate = request.user.has_perm("enforcement.operate", system)
    state = page.overview.state
    moved = state is not None and user_of(request).ref in state.moved_by
    return render(
        request,
        "enforcement/connection.html",
        {"system": system, "page": page, "may_operate": may_operate, "moved": moved},
    )


@require_POST
@require("enforcement.operate")
def compare(request: HttpRequest, key: str) -> HttpResponse:
    """Have the system compared with what is declared, now."""
    system = _system(request, key, operate=True)
    services.request_pass(system=system, actor=user_of(request))
    messages.info(request, _("It is being compared with what is declared."))
    return redirect(request, "enforcement:connection", key=key)


@require_POST
@require("enforcement.operate")
def try_now(request: HttpRequest, key: str) -> HttpResponse:
    """Ask the system which rights we hold and lack."""
    system = _system(request, key, operate=True)
    try:
        services.try_connection(system=system, at=timezone.now(), actor=user_of(request))
    except (Refused, Unavailable) as failed:
        messages.error(request, failed.detail)
    else:
        messages.success(request, _("It answered. These are the rights we hold and lack."))
    return redirect(request, "enforcement:connection", key=key)


@require_POST
@require("enforcement.operate")
def release(request: HttpRequest, key: str) -> HttpResponse:
    """Let the held pass through that the person looked at."""
    system = _system(request, key, operate=True)
    services.release(system=system, version=version_seen(request), actor=user_of(request))
    messages.success(request, _("Released. What it removes is being removed now."))
    return redirect(request, "enforcement:connection", key=key)


@require_POST
@require("catalog.manage")
def pause(request: HttpRequest, key: str) -> HttpResponse:
    """Stop working with the system; what stands there goes on standing."""
    system = _system(request, key, manage=True)
    catalog.pause_system(system=system, version=version_seen(request), actor=user_of(request))
    return redirect(request, "enforcement:connection", key=key)


@require_POST
@require("catalog.manage")
def resume(request: HttpRequest, key: str) -> HttpResponse:
    """Work with the system again."""
    system = _system(request, key, manage=True)
    catalog.resume_system(system=system, version=version_seen(request), actor=user_of(request))
    return redirect(request, "enforcement:connection", key=key)


@require_POST
@require("enforcement.operate")
def take_over(request: HttpRequest, key: str) -> HttpResponse:
    """Propose to adopt or to take away what others gave on a dataset."""
    system = _system(request, key, operate=True)
    dataset = _dataset(system, request.POST.get("dataset", ""))
    adopt = request.POST.get("act") == "adopt"
    made = services.propose_take_over(
        dataset=dataset, adopt=adopt, at=timezone.now(), actor=user_of(request)
    )
    messages.success(request, _("%(key)s is proposed; its owner is asked.") % {"key": made.key})
    return redirect(request, "enforcement:connection", key=key)


@require_POST
@require("enforcement.operate")
def undo(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give back exactly what a take-over took away."""
    found = get_object_or_404(visible.visible_take_overs(user_of(request)), uuid=uuid)
    key = _system(request, found.system.key, operate=True).key
    services.undo_take_over(take_over=found, version=version_seen(request), actor=user_of(request))
    messages.success(request, _("It is being given back."))
    return redirect(request, "enforcement:connection", key=key)


@require_GET
@require("enforcement.view")
def sync(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One pass: every document before and after."""
    found = get_object_or_404(visible.visible_syncs(user_of(request)), uuid=uuid)
    changes = [Change.from_json(stored) for stored in found.plan]
    context: dict[str, Any] = {"sync": found, "changes": changes}
    return render(request, "enforcement/sync.html", context)


@require_GET
@require("enforcement.view")
def evidence(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The bytes behind a proof."""
    return download(get_object_or_404(visible.visible_evidence(user_of(request)), uuid=uuid))


def _system(
    request: HttpRequest, key: str, *, operate: bool = False, manage: bool = False
) -> System:
    system = get_object_or_404(visible.visible_systems(user_of(request)), key=key)
    for wanted, permission in ((operate, "enforcement.operate"), (manage, "catalog.manage")):
        if wanted and not request.user.has_perm(permission, system):
            raise Forbidden("Your roles do not allow it in this domain.")
    return system


def _dataset(system: System, name: str) -> Dataset:
    try:
        schema, table = parts(name)
    except ValueError:
        raise Invalid("Name a dataset.", fields={"dataset": "schema.name"}) from None
    return get_object_or_404(system.datasets, schema=schema, name=table)


def _title(systems: int, looks: int) -> str:
    counted = ngettext("%(count)d connection", "%(count)d connections", systems)
    if not looks:
        return counted % {"count": systems}
    needs = ngettext("%(count)d needs a look", "%(count)d need a look", looks)
    return f"{counted % {'count': systems}}, {needs % {'count': looks}}"
