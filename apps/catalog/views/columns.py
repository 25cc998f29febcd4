"""Deciding on the columns of a dataset: proposals, tags by hand, and what holds nothing."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.catalog import selectors, services
from apps.catalog.models import Dataset, Field, Tag, Tagging
from apps.catalog.selectors import pages
from apps.catalog.views.datasets import context_of, dataset_seen
from apps.core.errors import Forbidden, Invalid
from apps.core.views import announced, redirect, require, version_seen
from apps.identity.who import user_of


@require_POST
@require("catalog.classify")
def decide(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Confirm or reject one tag, on the version that was seen."""
    seen = selectors.visible_datasets(user_of(request)).values("pk")
    tagging = get_object_or_404(
        Tagging.objects.filter(field__dataset__in=seen).select_related("tag", "field__dataset"),
        uuid=uuid,
    )
    field = tagging.field
    assert field is not None  # filtered so
    _require_word(request, field.dataset)
    answer, version = request.POST.get("answer"), version_seen(request)
    if answer not in ("confirm", "reject"):
        raise Invalid("Confirm or reject.", fields={"answer": "must be confirm or reject"})
    services.decide_tagging(
        tagging=tagging,
        confirm=answer == "confirm",
        version=version,
        at=timezone.now(),
        actor=user_of(request),
    )
    words = {"tag": tagging.tag.name, "column": field.name}
    said = (
        _("%(column)s is tagged %(tag)s.")
        if answer == "confirm"
        else _("%(column)s is no %(tag)s.")
    )
    return _columns(request, field.dataset.uuid, said % words, field)


@require_POST
@require("catalog.classify")
def tag(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Set a tag on a column by hand."""
    seen = selectors.visible_datasets(user_of(request)).values("pk")
    field = get_object_or_404(
        Field.objects.filter(dataset__in=seen).select_related("dataset__system"), uuid=uuid
    )
    _require_word(request, field.dataset)
    chosen = Tag.objects.filter(key=request.POST.get("tag", "").replace("\x00", "")).first()
    if chosen is None:
        raise Invalid("There is no such tag.", fields={"tag": "unknown"})
    services.tag_field(field=field, tag=chosen, at=timezone.now(), actor=user_of(request))
    words = {"tag": chosen.name, "column": field.name}
    said = _("%(column)s is tagged %(tag)s.") % words
    return _columns(request, field.dataset.uuid, said, field)


@require_POST
@require("catalog.classify")
def settle(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Say of all columns without a tag or a proposal that they hold nothing to protect."""
    found = dataset_seen(request, uuid)
    _require_word(request, found)
    made = services.settle_rest(dataset=found, at=timezone.now(), actor=user_of(request))
    said = _("%(count)s columns hold nothing to protect.") % {"count": len(made)}
    return _columns(request, found.uuid, said)


def _columns(
    request: HttpRequest, uuid: UUID, said: str, decided: Field | None = None
) -> HttpResponse:
    """The columns again, with what happened said: a part of the page to htmx, else all of it.

    The next column that waits is opened.
    """
    found = dataset_seen(request, uuid)
    columns = pages.columns_of(found)
    following = columns.following(decided)
    column = following.field.name if following else ""
    if request.headers.get("HX-Request") != "true":
        messages.success(request, said)
        here = reverse("catalog:dataset", kwargs={"uuid": uuid})
        return redirect(request, f"{here}?tab=columns&column={column}")
    context = context_of(request, found, "columns", columns, column)
    return announced(render(request, "catalog/_decided.html", context), said)


def _require_word(request: HttpRequest, found: Dataset) -> None:
    if not pages.may_classify(user_of(request), found):
        raise Forbidden("You classify the datasets of your own domains.")
