"""The page that says which login of which system is whose."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.catalog import services
from apps.catalog.forms.placing import AccountForm
from apps.catalog.models import Account
from apps.catalog.selectors.logins import logins_of
from apps.catalog.selectors.setup import operated_systems
from apps.core.errors import Invalid
from apps.core.forms import carried_out
from apps.core.views import announced, redirect, require
from apps.identity.models import User
from apps.identity.who import user_of

SHOWN = 200
"""So many logins of one kind are shown of a system; a search finds the others."""


@require_GET
@require("catalog.manage")
def accounts(request: HttpRequest) -> HttpResponse:
    """The logins of each system: those that are nobody's yet first."""
    return render(request, "catalog/accounts.html", _context(request))


@require_POST
@require("catalog.manage")
def map_login(request: HttpRequest) -> HttpResponse:
    """State whose a login is."""
    user = user_of(request)
    form = AccountForm(request.POST, systems=operated_systems(user, "catalog.manage"))
    account = carried_out(
        form,
        lambda: services.map_account(
            system=form.cleaned_data["system"],
            user=form.cleaned_data["person"],
            role=form.cleaned_data["role"],
            actor=user,
        ),
    )
    if account is None:
        return _refused(request, form)
    words = {"role": account.role, "name": account.user.name}
    return _done(request, _("%(role)s is %(name)s.") % words)


@require_POST
@require("catalog.manage")
def unmap_login(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """State that a login is no longer theirs."""
    systems = operated_systems(user_of(request), "catalog.manage")
    found = Account.objects.filter(system__in=systems).select_related("system", "user")
    account = get_object_or_404(found, uuid=uuid)
    words = {"role": account.role, "name": account.user.name}
    services.unmap_account(account=account, actor=user_of(request))
    return _done(request, _("%(role)s is no longer %(name)s.") % words)


def _done(request: HttpRequest, said: str) -> HttpResponse:
    if request.headers.get("HX-Request") != "true":
        messages.success(request, said)
        return redirect(request, f"{reverse('catalog:accounts')}?{_query(request)}")
    return announced(render(request, "catalog/_accounts.html", _context(request)), said)


def _refused(request: HttpRequest, form: AccountForm) -> HttpResponse:
    said = [str(text) for texts in form.errors.values() for text in texts]
    htmx = request.headers.get("HX-Request") == "true"
    template = "catalog/_accounts.html" if htmx else "catalog/accounts.html"
    context = {**_context(request), "refused": " ".join(said)}
    return render(request, template, context, status=422)


def _context(request: HttpRequest) -> dict[str, object]:
    user = user_of(request)
    systems = operated_systems(user, "catalog.manage").order_by("key")
    q, key = request.GET.get("q", "").strip()[:200], request.GET.get("system", "")[:63]
    if "\x00" in q + key:
        raise Invalid("Text may not contain the NUL character.")
    shown = systems.filter(key=key) if key else systems
    found = logins_of(shown, q)
    return {
        "systems": systems,
        "found": [each for each in found if each.total or not q],
        "q": q,
        "system": key,
        "query": _query(request),
        "shown": SHOWN,
        "people": User.objects.filter(is_active=True).order_by("name", "id"),
    }


def _query(request: HttpRequest) -> str:
    return urlencode({name: request.GET.get(name, "") for name in ("system", "q")})
