"""Saying on pages who answers for a dataset, or for several, and in which domain they lie."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from apps.catalog import selectors, services
from apps.catalog.forms.placing import PlaceForm, PlaceManyForm
from apps.catalog.models import Dataset
from apps.catalog.selectors.filters import Chosen
from apps.catalog.services.placing import MOST
from apps.core.errors import Forbidden, Invalid
from apps.core.forms import carried_out
from apps.core.views import redirect, require, version_seen
from apps.identity.models import User
from apps.identity.selectors import within_reach
from apps.identity.who import user_of


@require_http_methods(["GET", "HEAD", "POST"])
@require("catalog.manage")
def place(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask and say who answers for one dataset."""
    user = user_of(request)
    dataset = get_object_or_404(
        selectors.visible_datasets(user).select_related("domain", "owner", "steward"), uuid=uuid
    )
    if not user.has_perm("catalog.manage", dataset):
        raise Forbidden("You look after the datasets of your own domains.")
    form = PlaceForm(request.POST or None, user=user, dataset=dataset)
    placed = None
    if request.method == "POST":
        placed = carried_out(
            form,
            lambda: services.place_dataset(
                dataset=dataset, **form.cleaned_data, version=version_seen(request), actor=user
            ),
        )
    if placed is not None:
        messages.success(request, _("It is written down who answers for it."))
        here = reverse("catalog:dataset", kwargs={"uuid": uuid})
        return redirect(request, f"{here}?tab=overview")
    htmx = request.headers.get("HX-Request") == "true"
    template = "catalog/_place.html" if htmx else "catalog/place.html"
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, "dataset": dataset}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require("catalog.manage")
def place_many(request: HttpRequest) -> HttpResponse:
    """Ask and say it for the datasets that were ticked, or for all that the filters leave.

    The form is a dialog of the list, brought when somebody wants it.
    """
    user = user_of(request)
    chosen = Chosen.of(request.GET)
    if request.method != "POST":
        asked = {"form": PlaceManyForm(user=user), "chosen": chosen}
        return render(request, "catalog/_place_many.html", asked)
    form = PlaceManyForm(request.POST, user=user)
    ticked = request.POST.get("which") != "all"
    changed = carried_out(
        form,
        lambda: services.place_datasets(
            seen=_ticked(request, user) if ticked else _all(user, chosen),
            **form.cleaned_data,
            actor=user,
        ),
    )
    if changed is None:
        context = {"form": form, "chosen": chosen, "all": not ticked}
        return render(request, "catalog/_place_many.html", context, status=422)
    said = ngettext(
        "It is written down for %(count)s data asset.",
        "It is written down for %(count)s data assets.",
        len(changed),
    )
    messages.success(request, said % {"count": len(changed)})
    return redirect(request, f"{reverse('catalog:datasets')}{chosen.query}")


def _managed(user: User) -> QuerySet[Dataset]:
    return selectors.visible_datasets(user).filter(within_reach(user, "catalog.manage"))


def _all(user: User, chosen: Chosen) -> list[tuple[Dataset, int]]:
    found = chosen.narrowed(_managed(user))[: MOST + 1]
    return [(each, each.version) for each in found.select_related("domain", "owner", "steward")]


def _ticked(request: HttpRequest, user: User) -> list[tuple[Dataset, int]]:
    versions: dict[UUID, int] = {}
    for value in request.POST.getlist("picked")[: MOST + 1]:
        uuid, _tilde, version = value.partition("~")
        try:
            versions[UUID(uuid)] = int(version[:9])
        except ValueError:
            raise Invalid(
                "It is not said which data assets.", fields={"picked": "unknown"}
            ) from None
    found = _managed(user).filter(uuid__in=versions).select_related("domain", "owner", "steward")
    return [(each, versions[each.uuid]) for each in found]
