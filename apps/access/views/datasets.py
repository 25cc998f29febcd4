"""The panel that the page of a dataset shows: who was given it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.access.selectors import grants as reading
from apps.access.selectors.requests import grants_on, may_see_holders
from apps.access.selectors.standing import standings
from apps.catalog.selectors import visible_datasets
from apps.core.views import require
from apps.identity.who import user_of

SHOWN = 50


@require_GET
@require("catalog.view")
def dataset_panel(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Live grants on a dataset: names for who oversees it, a count and one's own for others."""
    user = user_of(request)
    dataset = get_object_or_404(visible_datasets(user), uuid=uuid)
    live = grants_on(dataset, timezone.now())
    named = may_see_holders(user, dataset)
    shown = live if named else live.filter(reading.of(user))
    return render(
        request,
        "access/_dataset.html",
        {
            "dataset": dataset,
            "standings": standings(shown.order_by("until", "id")[:SHOWN]),
            "count": live.count(),
            "holders": live.values("beneficiary").distinct().count(),
            "named": named,
            "may_ask": user.has_perm("access.request") and dataset.vanished_at is None,
        },
    )
