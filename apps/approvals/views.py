"""The page of delegations: who stands in for whom, lending one's seat, and taking it back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.approvals import selectors, services
from apps.approvals.forms import DelegationForm
from apps.approvals.selectors.lending import Effect, effect_of, seats_of
from apps.core.forms import carried_out
from apps.core.views import redirect, require
from apps.identity.who import user_of

USUAL_DAYS = 14


@require_safe
@require("approvals.decide")
def delegations(request: HttpRequest) -> HttpResponse:
    """Seats lent and borrowed, and what lending one's own would do as the query chooses it."""
    today = timezone.localdate()
    initial = {"valid_from": today, "until": today + timedelta(days=USUAL_DAYS)}
    chosen = {name: value for name, value in request.GET.items() if "\0" not in value}
    return _page(request, DelegationForm(initial=initial | chosen, giver=user_of(request)), chosen)


@require_POST
@require("approvals.decide")
def delegate(request: HttpRequest) -> HttpResponse:
    """Lend one's own seat."""
    user, at = user_of(request), timezone.now()
    form = DelegationForm(request.POST, giver=user)
    made = carried_out(
        form,
        lambda: services.delegate(
            giver=user,
            taker=form.cleaned_data["taker"],
            valid_from=form.begins(at),
            until=form.ends(),
            reason=form.cleaned_data["reason"],
            domain=form.cleaned_data["domain"],
            kind=form.cleaned_data["kind"],
            at=at,
            actor=user,
        ),
    )
    if made is None:
        return _page(request, form, request.POST.dict())
    begun = made.valid_from <= at
    said = (
        _("%(name)s answers in your place from now on. You may still answer yourself.")
        if begun
        else _("%(name)s answers in your place when that day comes.")
    )
    messages.success(request, said % {"name": made.taker.name})
    return redirect(request, "approvals:delegations")


@require_POST
@require("approvals.decide")
def end_delegation(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take one's seat back before its time."""
    user = user_of(request)
    found = get_object_or_404(selectors.delegations_of(user), uuid=uuid)
    services.end_delegation(delegation=found, at=timezone.now(), actor=user)
    said = _("Taken back. %(name)s no longer answers in your place.")
    messages.success(request, said % {"name": found.taker.name})
    return redirect(request, "approvals:delegations")


def _page(request: HttpRequest, form: DelegationForm, chosen: dict[str, Any]) -> HttpResponse:
    user, at = user_of(request), timezone.now()
    told = {"form": form, "seats": seats_of(user, at), "effect": _effect(request, chosen)}
    status = 422 if form.is_bound else 200
    return render(request, "approvals/delegations.html", told, status=status)


def _effect(request: HttpRequest, chosen: dict[str, Any]) -> Effect:
    """What the choice would do; what makes no sense in it is taken as not chosen."""
    tried = DelegationForm(chosen, giver=user_of(request))
    tried.is_valid()
    said = tried.cleaned_data
    return effect_of(
        user_of(request),
        said.get("taker"),
        said.get("domain"),
        said.get("kind") or "",
        timezone.now(),
    )
