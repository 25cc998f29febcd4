"""The pages of grants: the list, one grant with its proof, ask again, end, renew, evidence."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.access.forms import RenewForm
from apps.access.models import Grant
from apps.access.selectors import grants as reading
from apps.access.selectors.requests import may_end, visible_grants
from apps.access.selectors.rows import Table
from apps.access.selectors.standing import Standing, standings
from apps.access.services.grants import end_grant, renew_grant
from apps.access.services.previews import preview_grant
from apps.core.errors import Forbidden
from apps.core.forms import carried_out
from apps.core.views import announced, redirect, require
from apps.enforcement import services as enforcing
from apps.enforcement.downloads import download
from apps.identity.who import user_of

PER_PAGE = 50
LONGEST_WORDS = 200
_STATES = (
    ("live", gettext_lazy("Live")),
    ("soon", gettext_lazy("Ending soon")),
    ("ended", gettext_lazy("Ended")),
)


@require_GET
@require("access.view")
def grants(request: HttpRequest) -> HttpResponse:
    """Grants that this user holds, or all that they may see; those that end soonest first."""
    user, at = user_of(request), timezone.now()
    state = request.GET.get("state", "live")
    state = state if state in dict(_STATES) else "live"
    words = request.GET.get("q", "")[:LONGEST_WORDS].replace("\0", "").strip()
    visible = visible_grants(user)
    mine = visible.filter(reading.of(user))
    whose = "mine" if request.GET.get("whose") == "mine" else "all"
    chosen = mine if whose == "mine" else visible
    page = Paginator(reading.by_state(reading.about(chosen, words), state, at), PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "access/grants.html",
        {
            "page": page,
            "rows": standings(page),
            "tabs": [
                {
                    "label": label,
                    "url": f"?whose={whose}&state={name}",
                    "count": reading.by_state(chosen, name, at).count(),
                    "current": name == state,
                }
                for name, label in _STATES
            ],
            "people": [
                {"label": _("All I may see"), "url": f"?state={state}", "current": whose == "all"},
                {
                    "label": _("Mine"),
                    "url": f"?whose=mine&state={state}",
                    "current": whose == "mine",
                },
            ],
            "state": state,
            "whose": whose,
            "q": words,
            "may_ask": user.has_perm("access.request"),
        },
    )


@require_GET
@require("access.view")
def grant(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One grant: what was decided, what the live system answers, and the way out."""
    return _page(request, _grant(request, uuid), RenewForm())


@require_POST
@require("access.request")
def ask_again(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask the live system once more, as the person."""
    found = _grant(request, uuid)
    enforcing.ask_again(owner=found.ref, at=timezone.now(), actor=user_of(request))
    said = _("%(system)s was asked as %(account)s.") % {
        "system": found.system.name,
        "account": found.account.role,
    }
    if request.headers.get("HX-Request") != "true":
        messages.info(request, said)
        return redirect(request, "access:grant", uuid=found.uuid)
    proof = reading.grant_proof(found)
    context = {
        "proof": proof,
        "standing": Standing(found, proof.status),
        **_proof_links(request, found),
    }
    return announced(render(request, "access/_asked_again.html", context), said, proof.tone)


@require_POST
@require("access.request")
def rows(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A few live rows as the holder sees them; for who may end the grant. Audited."""
    found, user = _grant(request, uuid), user_of(request)
    if not may_end(user, found):
        raise Forbidden("Only its holder and those who oversee the data may look at its rows.")
    shown = preview_grant(grant=found, viewer=user, at=timezone.now(), actor=user)
    return render(request, "access/_rows.html", {"table": Table(shown)})


@require_POST
@require("access.request")
def end(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """End it now: for its holder, who answers for them, and overseers."""
    found, user = _grant(request, uuid), user_of(request)
    if not may_end(user, found):
        raise Forbidden("Only its holder and those who oversee the data may end a grant.")
    end_grant(grant=found, reason=Grant.EndReason.REVOKED, at=timezone.now(), actor=user)
    messages.success(request, _("Ended. It is taken away now, and the system is asked again."))
    return redirect(request, "access:grant", uuid=found.uuid)


@require_POST
@require("access.request")
def renew(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask for the same until later; it is decided like any request."""
    found, user, at = _grant(request, uuid), user_of(request), timezone.now()
    form = RenewForm(request.POST)
    made = carried_out(
        form,
        lambda: renew_grant(
            grant=found,
            requester=user,
            justification=form.cleaned_data["justification"],
            until=form.until(at),
            at=at,
            actor=user,
        ),
    )
    if made is None:
        return _page(request, found, form, status=422)
    messages.success(request, _("%(key)s asks for more time.") % {"key": made.key})
    return redirect(request, "access:request", uuid=made.uuid)


@require_GET
@require("access.view")
def evidence(request: HttpRequest, uuid: UUID, evidence: UUID) -> HttpResponse:
    """The bytes behind a proof of this grant."""
    found = _grant(request, uuid)
    return download(get_object_or_404(reading.evidence_of(found), uuid=evidence))


def _page(request: HttpRequest, found: Grant, form: RenewForm, status: int = 200) -> HttpResponse:
    user = user_of(request)
    page = reading.grant_page(found, timezone.now())
    context: dict[str, Any] = {
        "grant": found,
        "page": page,
        "proof": page.proof,
        "form": form,
        "may_end": user.has_perm("access.request") and may_end(user, found),
        "may_renew": user.has_perm("access.request") and reading.may_renew(user, found),
        "may_audit": user.has_perm("audit.view"),
        **_proof_links(request, found),
    }
    return render(request, "access/grant.html", context, status=status)


def _proof_links(request: HttpRequest, found: Grant) -> dict[str, str]:
    here = reverse("access:grant", args=[found.uuid])
    may_ask = request.user.has_perm("access.request")
    asking = reverse("access:ask_again", args=[found.uuid]) if may_ask else ""
    return {"ask_url": asking, "evidence_url": f"{here}/evidence/"}


def _grant(request: HttpRequest, uuid: UUID) -> Grant:
    return get_object_or_404(visible_grants(user_of(request)), uuid=uuid)
