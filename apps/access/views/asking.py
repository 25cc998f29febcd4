"""The page on which access is asked for, with what will happen beside it as it is filled in."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.access.forms import A_DATE, AskForm
from apps.access.models import AccessRequest
from apps.access.narrowing import OPERATORS
from apps.access.routes import Asked
from apps.access.selectors.basket import Picked, Picks, Rows, basket
from apps.access.selectors.outlook import Outlook, outlook
from apps.access.services.requests import submit_request
from apps.catalog.models import Dataset
from apps.catalog.selectors import visible_datasets
from apps.catalog.selectors.search import datasets_matching
from apps.core.errors import Invalid, NotFound, Problem
from apps.core.forms import carried_out
from apps.core.views import redirect, require
from apps.identity.models import User
from apps.identity.who import user_of

FOUND, LONGEST_WORDS = 8, 200
_TYPED = ("purpose", "justification", "ticket", "days", "until", "beneficiary")


@require_http_methods(["GET", "POST"])
@require("access.request")
def ask(request: HttpRequest) -> HttpResponse:
    """The page, prefilled from its address; or the request, sent to those who decide."""
    user, at = user_of(request), timezone.now()
    if request.method != "POST":
        given = {name: request.GET[name] for name in _TYPED if name in request.GET}
        form = AskForm(None, user=user, initial=given)
        return _page(request, form, _picked(user, request.GET), at)
    form = AskForm(request.POST, user=user, initial={})
    picked = _picked(user, request.POST)
    wanted = len(set(request.POST.getlist("dataset")))
    made = carried_out(form, lambda: _submit(form, picked, wanted, user, at))
    if made is None:
        return _page(request, form, picked, at, status=422)
    messages.success(request, _("Asked. %(key)s waits for a decision.") % {"key": made.key})
    return redirect(request, "access:request", uuid=made.uuid)


@require_POST
@require("access.request")
def draft(request: HttpRequest) -> HttpResponse:
    """What was filled in so far, with what would come of it; nothing is sent to anybody."""
    user, at = user_of(request), timezone.now()
    form = AskForm(request.POST, user=user, initial={})
    form.is_valid()
    form.errors.clear()
    part = "access/_outlook_and_bar.html"
    return _page(request, form, _picked(user, request.POST), at, part=part)


@require_GET
@require("access.request")
def find(request: HttpRequest) -> HttpResponse:
    """Datasets that match what is being typed, to be put into the basket."""
    words = request.GET.get("q", "")[:LONGEST_WORDS].replace("\0", "").strip()
    visible = visible_datasets(user_of(request)).filter(vanished_at=None)
    found: list[Dataset] = []
    if words:
        found = list(datasets_matching(visible, words).order_by("schema", "name", "id")[:FOUND])
    return render(request, "access/_found.html", {"found": found, "q": words})


@require_GET
@require("access.request")
def picked(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One dataset for the basket; nothing when it is there already."""
    found = basket(user_of(request), {uuid: Picks()})
    if not found:
        raise NotFound("There is no such dataset, or you may not see it.")
    if str(uuid) in request.GET.getlist("dataset"):
        return HttpResponse(status=204)
    return render(request, "access/_picked.html", {"one": found[0], "operators": OPERATORS})


def _page(
    request: HttpRequest,
    form: AskForm,
    picked: list[Picked],
    at: datetime,
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    until = form.chosen_until(at)
    outlooks = [_outlook(form, one, number, until, at) for number, one in enumerate(picked)]
    context = {
        "form": form,
        "picked": list(zip(picked, outlooks, strict=True)),
        "done": _done(form, picked),
        "until": until,
        "days": (until - at).days,
        "purpose": form.chosen_purpose(),
        "open": [one for one in outlooks if one is not None and one.turns],
        "operators": OPERATORS,
    }
    htmx = request.headers.get("HX-Request") == "true"
    return render(request, part if part and htmx else "access/ask.html", context, status=status)


def _done(form: AskForm, picked: list[Picked]) -> list[bool]:
    """Which of the three questions are answered: what, why, how long."""
    what = bool(picked) and all(one.chosen for one in picked)
    why = form.chosen_purpose() is not None and bool(form["justification"].value())
    return [what, why, form["days"].value() != A_DATE or bool(form["until"].value())]


def _outlook(
    form: AskForm, picked: Picked, number: int, until: datetime, at: datetime
) -> Outlook | None:
    """What comes of one dataset; None while it is not said what it is for."""
    purpose = form.chosen_purpose()
    if purpose is None:
        return None
    try:
        item = picked.asked(number)
    except Problem as problem:
        return Outlook(asked=_whole(picked), refusal=problem.detail)
    return outlook(
        requester=form.user,
        beneficiary=form.chosen_beneficiary(),
        item=item,
        purpose=purpose,
        until=until,
        at=at,
    )


def _submit(
    form: AskForm, picked: list[Picked], wanted: int, user: User, at: datetime
) -> AccessRequest:
    if not picked:
        raise Invalid(_("Name at least one dataset."), fields={"items": "must not be empty"})
    if len(picked) < wanted:
        gone = _("A table that you chose is no longer there. Ask for those that are left?")
        raise Invalid(gone, fields={"items": "unknown dataset"})
    return submit_request(
        requester=user,
        beneficiary=form.chosen_beneficiary(),
        items=[one.asked(number) for number, one in enumerate(picked)],
        purpose=form.cleaned_data["purpose"],
        justification=form.cleaned_data["justification"],
        ticket=form.cleaned_data["ticket"],
        until=form.chosen_until(at),
        at=at,
        actor=user,
    )


def _picked(user: User, given: QueryDict) -> list[Picked]:
    """The basket as it was sent."""
    uuids = [uuid for text in given.getlist("dataset") if (uuid := _uuid(text))]
    return basket(user, {uuid: _picks(given, uuid) for uuid in uuids})


def _picks(given: QueryDict, uuid: UUID) -> Picks:
    if f"rows-{uuid}" not in given:
        return Picks()
    return Picks(
        columns=frozenset(given.getlist(f"columns-{uuid}")),
        rows=Rows(
            given.get(f"rows-{uuid}", ""),
            given.get(f"compared-{uuid}", ""),
            given.get(f"value-{uuid}", "").replace("\0", ""),
        ),
    )


def _whole(picked: Picked) -> Asked:
    return Asked(dataset=picked.dataset, columns=picked.chosen)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
