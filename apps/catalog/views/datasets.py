"""The pages of the catalog: the datasets, and one dataset with its columns, access and history."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.audit import presenting
from apps.catalog import selectors, services
from apps.catalog.models import Dataset, DatasetKind, Tag
from apps.catalog.selectors import pages
from apps.catalog.selectors.filters import Chosen
from apps.catalog.views.links import link
from apps.core.errors import Forbidden
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
        },
    )


@require_GET
@require("catalog.view")
def dataset(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One dataset, one tab of it."""
    found = dataset_seen(request, uuid)
    tab = request.GET.get("tab", "columns")
    if tab not in dict(_TABS):
        tab = "columns"
    context = context_of(request, found, tab, pages.columns_of(found))
    return render(request, "catalog/dataset.html", context)


@require_POST
@require("catalog.manage")
def scan(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Have the dataset's system scanned."""
    found = dataset_seen(request, uuid)
    if not user_of(request).has_perm("catalog.manage", found):
        raise Forbidden("You look after the datasets of your own domains.")
    services.request_scan(system=found.system, actor=user_of(request))
    messages.info(request, _("It is being scanned; what is new shows in a moment."))
    return redirect(request, "catalog:dataset", uuid=found.uuid)


def dataset_seen(request: HttpRequest, uuid: UUID) -> Dataset:
    """The dataset, when the user may know of it; with all that its page shows of it."""
    seen = selectors.visible_datasets(user_of(request))
    return get_object_or_404(
        seen.select_related("system", "domain", "owner", "steward", "parent"), uuid=uuid
    )


def context_of(
    request: HttpRequest, found: Dataset, tab: str, columns: pages.Columns, column: str = ""
) -> dict[str, object]:
    """What one tab of a dataset's page shows; `column` is the one that is decided on."""
    user = user_of(request)
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
        opened = columns.opened(column or request.GET.get("column", ""))
        context |= {
            "tags": Tag.objects.order_by("rank", "name"),
            "opened": opened,
            "masks_url": link("policies:dataset-masks", uuid=found.uuid)
            if user.has_perm("policies.view")
            else "",
            "moved": request.headers.get("HX-Request") == "true",
        }
    elif tab == "access":
        context |= {
            "panel_url": link("access:dataset_panel", uuid=found.uuid),
            "readers": pages.readers_of(found),
            "bypasses": pages.ways_past(found)[:200],
        }
    elif tab == "history":
        context["history"] = presenting.history(found.ref, ENTRIES)
    elif tab == "overview":
        context |= {
            "keys": found.keys.select_related("to_dataset").order_by("kind", "name"),
            "children": found.children.filter(vanished_at__isnull=True)[:PER_PAGE],
        }
    return context
