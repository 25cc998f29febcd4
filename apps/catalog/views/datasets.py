"""The pages of the catalog: the datasets, and one dataset with its columns, access and history."""

import json
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

from apps.audit.selectors import entries_about
from apps.catalog import selectors, services
from apps.catalog.forms.placing import PlaceManyForm
from apps.catalog.models import Dataset, DatasetKind, Field, Tag, Tagging
from apps.catalog.selectors import pages
from apps.catalog.selectors.filters import Chosen
from apps.catalog.views.links import link
from apps.catalog.views.versions import version_seen
from apps.core.errors import Forbidden, Invalid
from apps.core.views import redirect, require
from apps.identity.who import user_of

PER_PAGE, ENTRIES = 50, 50
_TABS = (
    ("overview", gettext_lazy("Overview")),
    ("columns", gettext_lazy("Columns")),
    ("access", gettext_lazy("Access")),
    ("history", gettext_lazy("History")),
)


@require_GET
@require("catalog.view")
def datasets(request: HttpRequest) -> HttpResponse:
    """Every dataset that the user may know of; the filters are in the address."""
    user = user_of(request)
    chosen = Chosen.of(request.GET)
    found = chosen.narrowed(selectors.visible_datasets(user))
    page = Paginator(found.order_by("schema", "name", "id"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    counted = pages.counted(selectors.visible_datasets(user)).filter(
        pk__in=[one.pk for one in page]
    )
    rows = list(
        counted.select_related("system", "domain", "owner").order_by("schema", "name", "id")
    )
    may_place = user.has_perm("catalog.manage")
    return render(
        request,
        "catalog/datasets.html",
        {
            "page": page,
            "rows": rows,
            "systems": selectors.visible_systems(user),
            "kinds": DatasetKind.choices,
            "tags": Tag.objects.all(),
            "chosen": chosen,
            "filtered": chosen.any,
            "may_connect": user.has_perm("enforcement.operate"),
            "may_place": may_place,
            "managed": [one.pk for one in rows if user.has_perm("catalog.manage", one)],
            "form": PlaceManyForm(user=user) if may_place else None,
        },
    )


@require_GET
@require("catalog.view")
def dataset(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One dataset, one tab of it."""
    found = _dataset(request, uuid)
    tab = request.GET.get("tab", "columns")
    if tab not in dict(_TABS):
        tab = "columns"
    return render(request, "catalog/dataset.html", _context(request, found, tab))


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
    return _columns(request, field.dataset.uuid, said % words)


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
    return _columns(request, field.dataset.uuid, _("%(column)s is tagged %(tag)s.") % words)


@require_POST
@require("catalog.classify")
def settle(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Say of all columns without a tag or a proposal that they hold nothing to protect."""
    found = _dataset(request, uuid)
    _require_word(request, found)
    made = services.settle_rest(dataset=found, at=timezone.now(), actor=user_of(request))
    said = _("%(count)s columns hold nothing to protect.") % {"count": len(made)}
    return _columns(request, found.uuid, said)


@require_POST
@require("catalog.manage")
def scan(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Have the dataset's system scanned."""
    found = _dataset(request, uuid)
    if not user_of(request).has_perm("catalog.manage", found):
        raise Forbidden("You look after the datasets of your own domains.")
    services.request_scan(system=found.system, actor=user_of(request))
    messages.info(request, _("It is being scanned; what is new shows in a moment."))
    return redirect(request, "catalog:dataset", uuid=found.uuid)


def _columns(request: HttpRequest, uuid: UUID, said: str) -> HttpResponse:
    """The columns again, with what happened said: a part of the page to htmx, else all of it."""
    if request.headers.get("HX-Request") != "true":
        messages.success(request, said)
        return redirect(request, f"{reverse('catalog:dataset', kwargs={'uuid': uuid})}?tab=columns")
    context = _context(request, _dataset(request, uuid), "columns")
    response = render(request, "catalog/_columns.html", context)
    response["HX-Trigger"] = json.dumps({"announce": {"text": said, "tone": "ok"}})
    return response


def _dataset(request: HttpRequest, uuid: UUID) -> Dataset:
    seen = selectors.visible_datasets(user_of(request))
    return get_object_or_404(
        seen.select_related("system", "domain", "owner", "steward", "parent"), uuid=uuid
    )


def _require_word(request: HttpRequest, found: Dataset) -> None:
    if not pages.may_classify(user_of(request), found):
        raise Forbidden("You classify the datasets of your own domains.")


def _context(request: HttpRequest, found: Dataset, tab: str) -> dict[str, object]:
    user = user_of(request)
    columns = pages.columns_of(found)
    here = reverse("catalog:dataset", kwargs={"uuid": found.uuid})
    context: dict[str, object] = {
        "dataset": found,
        "columns": columns,
        "tab": tab,
        "tabs": [
            {
                "label": label,
                "url": f"{here}?tab={name}",
                "current": name == tab,
                "count": columns.total if name == "columns" else None,
            }
            for name, label in _TABS
        ],
        "strictest": selectors.strictest_tag(found),
        "looked_at": pages.looked_at(found.system),
        "may_classify": pages.may_classify(user, found),
        "may_scan": user.has_perm("catalog.manage", found),
        "may_place": user.has_perm("catalog.manage", found),
        "ask_url": link("access:ask"),
    }
    if tab == "columns":
        context["tags"] = Tag.objects.order_by("rank", "name")
    elif tab == "access":
        context |= {
            "panel_url": link("access:dataset_panel", uuid=found.uuid),
            "readers": pages.readers_of(found),
            "bypasses": pages.ways_past(found)[:200],
        }
    elif tab == "history":
        context["entries"] = entries_about(found.ref)[:ENTRIES]
    elif tab == "overview":
        context |= {
            "keys": found.keys.select_related("to_dataset").order_by("kind", "name"),
            "children": found.children.filter(vanished_at__isnull=True)[:PER_PAGE],
        }
    return context
