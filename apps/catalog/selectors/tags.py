"""What columns are known to hold, as decided by people; proposals do not count."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from apps.catalog.models import Dataset, Tag, Tagging, TagState


def tags_of(dataset: Dataset) -> dict[str, list[Tag]]:
    """The confirmed tags of each column that has any; those on the whole dataset under `""`."""
    found: dict[str, list[Tag]] = defaultdict(list)
    for tagging in _confirmed(dataset).order_by("-tag__rank", "tag__key"):
        found[tagging.field.name if tagging.field else ""].append(tagging.tag)
    return dict(found)


def strictest_tag(dataset: Dataset, columns: Iterable[str] | None = None) -> Tag | None:
    """The confirmed tag of highest rank on these columns (None: all) or on the whole dataset."""
    wanted = Q(dataset=dataset)
    wanted |= Q(field__isnull=False) if columns is None else Q(field__name__in=list(columns))
    tagging = _confirmed(dataset).filter(wanted).order_by("-tag__rank", "tag__key").first()
    return tagging.tag if tagging else None


def _confirmed(dataset: Dataset) -> QuerySet[Tagging]:
    return Tagging.objects.filter(
        Q(dataset=dataset) | Q(field__dataset=dataset, field__vanished_at__isnull=True),
        state=TagState.CONFIRMED,
    ).select_related("tag", "tag__parent", "field")
