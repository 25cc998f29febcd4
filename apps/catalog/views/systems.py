"""The pages around a connection: connecting, setting up, changing and removing a system."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.catalog import connections, services
from apps.catalog.forms.systems import ConnectForm, SystemForm, filled_in
from apps.catalog.models import System
from apps.catalog.saying import Rights
from apps.catalog.selectors.setup import operated_systems, setup_of
from apps.catalog.views.links import link
from apps.connectors.contracts import Right
from apps.core.errors import Problem
from apps.core.forms import carried_out
from apps.core.views import redirect, require, version_seen
from apps.identity.who import user_of


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@require("enforcement.operate")
def connect(request: HttpRequest) -> HttpResponse:
    """Ask how a PostgreSQL is reached; connect it once it has let us in, or only try."""
    user = user_of(request)
    if request.method != "POST":
        return _form(request, ConnectForm(user=user))
    form = ConnectForm(request.POST, user=user)
    rights = carried_out(form, _trying(request, form))
    if rights is None or request.POST.get("act") == "try":
        return _form(request, form, rights=rights)
    given = form.cleaned_data
    system = carried_out(
        form,
        lambda: services.connect_system(
            key=given["key"],
            name=given["name"],
            address=form.address,
            secrets=form.secrets,
            domain=given["domain"],
            sampling=given["sampling"],
            actor=user,
        ),
    )
    if system is None:
        return _form(request, form, rights=rights)
    return redirect(request, "catalog:setup", key=system.key)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@require("enforcement.operate")
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Change how a system is reached, or try what it would be changed to."""
    system = _system(request, key, "enforcement.operate")
    if request.method != "POST":
        return _form(request, SystemForm(initial=filled_in(system)), system)
    form = SystemForm(request.POST)
    if request.POST.get("act") == "try":
        return _form(request, form, system, rights=carried_out(form, _trying(request, form)))
    changed = carried_out(
        form,
        lambda: services.change_system(
            system=system,
            version=version_seen(request),
            name=form.cleaned_data["name"],
            address=form.address,
            secrets=form.secrets,
            sampling=form.cleaned_data["sampling"],
            actor=user_of(request),
        ),
    )
    if changed is None:
        return _form(request, form, system)
    messages.success(request, _("Saved. These are the rights that it answers with now."))
    return redirect(request, "catalog:setup", key=key)


@require_POST
@require("enforcement.operate")
def remove(request: HttpRequest, key: str) -> HttpResponse:
    """Forget a system for which nothing was ever decided."""
    system = _system(request, key, "enforcement.operate")
    services.remove_system(system=system, version=version_seen(request), actor=user_of(request))
    messages.success(request, _("%(name)s is no longer connected.") % {"name": system.name})
    return redirect(request, link("enforcement:connections") or "catalog:datasets")


@require_GET
@require("enforcement.view")
def setup(request: HttpRequest, key: str) -> HttpResponse:
    """How far a connected system is, and what people have yet to say of it."""
    system = _system(request, key, "enforcement.view")
    may_operate = request.user.has_perm("enforcement.operate", system)
    context = {
        "system": system,
        "setup": setup_of(system),
        "may_operate": may_operate,
        "may_map": request.user.has_perm("catalog.manage", system),
        "connection_url": link("enforcement:connection", key=key),
    }
    return render(request, "catalog/setup.html", context)


@require_GET
@require("enforcement.view")
def progress(request: HttpRequest, key: str) -> HttpResponse:
    """How far the scan and the detectors are: the part of the page that asks again by itself."""
    system = _system(request, key, "enforcement.view")
    context = {
        "system": system,
        "setup": setup_of(system),
        "may_map": request.user.has_perm("catalog.manage", system),
    }
    return render(request, "catalog/_progress.html", context)


@require_GET
@require("enforcement.view")
def rights(request: HttpRequest, key: str) -> HttpResponse:
    """The rights that our logins hold and lack there, asked now: a part of a page."""
    system = _system(request, key, "enforcement.view")
    context: dict[str, object]
    try:
        found = Rights(connections.rights_of(system))
        context = {"rights": found.found, "lacking": found.lacking, "sql": found.sql}
    except Problem as problem:
        context = {"problem": problem.detail}
    return render(request, "catalog/_rights.html", context)


def _trying(request: HttpRequest, form: SystemForm) -> Callable[[], tuple[Right, ...]]:
    return lambda: services.try_address(
        name=form.cleaned_data["name"],
        address=form.address,
        secrets=form.secrets,
        actor=user_of(request),
    )


def _form(
    request: HttpRequest,
    form: SystemForm,
    system: System | None = None,
    rights: tuple[Right, ...] | None = None,
) -> HttpResponse:
    """The form, with what was answered to it; the part of the page that htmx asked for."""
    context = {
        "form": form,
        "system": system,
        "rights": Rights(rights or ()),
        "tried": rights is not None,
        "secrets_folder": settings.SYSTEM_SECRETS_FOLDER,
        "connections_url": link("enforcement:connections"),
    }
    part = request.headers.get("HX-Request") == "true" and request.method == "POST"
    template = "catalog/_connect.html" if part else "catalog/connect.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _system(request: HttpRequest, key: str, permission: str) -> System:
    return get_object_or_404(operated_systems(user_of(request), permission), key=key)
