"""The pages of requests: the list, one request on its way, and taking it back."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.access.models import AccessRequest
from apps.access.selectors import asked
from apps.access.selectors.requests import visible_requests
from apps.access.services.requests import withdraw_request
from apps.core.views import redirect, require
from apps.identity.who import user_of

PER_PAGE = 30
_STATES = (
    ("waiting", gettext_lazy("Waiting")),
    ("approved", gettext_lazy("Approved")),
    ("closed", gettext_lazy("Closed")),
)


@require_GET
@require("access.view")
def requests(request: HttpRequest) -> HttpResponse:
    """One's own requests, or all that one may see; the newest first."""
    user = user_of(request)
    state = request.GET.get("state", "waiting")
    state = state if state in dict(_STATES) else "waiting"
    visible = visible_requests(user)
    whose = "all" if request.GET.get("whose") == "all" else "mine"
    chosen = visible if whose == "all" else visible.filter(asked.of(user))
    found = asked.by_state(chosen, state).prefetch_related("items__dataset__system", "grants")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "access/requests.html",
        {
            "page": page,
            "rows": asked.rows_of(page, user),
            "tabs": [
                {
                    "label": label,
                    "url": f"?whose={whose}&state={name}",
                    "count": asked.by_state(chosen, name).count(),
                    "current": name == state,
                }
                for name, label in _STATES
            ],
            "people": [
                {"label": label, "url": f"?whose={name}&state={state}", "current": whose == name}
                for name, label in (("mine", _("Mine")), ("all", _("All I may see")))
            ],
            "state": state,
            "whose": whose,
            "may_ask": user.has_perm("access.request"),
        },
    )


@require_GET
@require("access.view")
def request(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One request: where it stands, who holds it, what was answered, what it became."""
    found, user = get_object_or_404(visible_requests(user_of(request)), uuid=uuid), user_of(request)
    page = asked.request_page(found, user, timezone.now())
    context = {
        "asked": found,
        "page": page,
        "may_withdraw": page.may_withdraw and user.has_perm("access.request"),
    }
    return render(request, "access/request.html", context)


@require_POST
@require("access.request")
def withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take a pending request back; only who asked may."""
    own = AccessRequest.objects.filter(requester=user_of(request))
    found = get_object_or_404(own, uuid=uuid)
    withdraw_request(request=found, at=timezone.now(), actor=user_of(request))
    messages.success(request, _("Taken back. Nobody is asked about it any more."))
    return redirect(request, "access:request", uuid=found.uuid)
