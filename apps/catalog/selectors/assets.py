"""Datasets as the rest of the product needs them: what is visible to whom, and their shapes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from django.db.models import Prefetch, Q, QuerySet

from apps.catalog.appearance import appearance
from apps.catalog.detecting import edition
from apps.catalog.models import Dataset, Field, Key, KeyKind, System, Tagging, TagState
from apps.connectors.names import qualified
from apps.identity.models import User
from apps.identity.selectors import within_reach
from apps.semantics.rules import Column, Shape


def visible_datasets(user: User) -> QuerySet[Dataset]:
    """The datasets that this user may know of: browsing is not reading, so it reaches far."""
    return Dataset.objects.filter(within_reach(user, "catalog.view")).select_related("system")


def visible_systems(user: User) -> QuerySet[System]:
    """The systems that this user may know of."""
    return System.objects.filter(within_reach(user, "catalog.view"))


def current_fields(dataset: Dataset) -> QuerySet[Field]:
    """The columns that are there now, in their order."""
    return dataset.fields.filter(vanished_at__isnull=True).order_by("position", "id")


def has_unexamined(system: System) -> bool:
    """Whether detectors have never seen some dataset, or were other detectors when they did."""
    there = Dataset.objects.filter(system=system, vanished_at__isnull=True)
    return there.exclude(examined__startswith=edition()).exists()


def unexamined(system: System) -> Iterator[Dataset]:
    """The datasets that look otherwise than when the detectors last saw them."""
    there = Dataset.objects.filter(system=system, vanished_at__isnull=True).order_by("id")
    fields = Field.objects.filter(vanished_at__isnull=True).order_by("position", "id")
    prefetched = there.prefetch_related(Prefetch("fields", fields, to_attr="seen"))
    for dataset in prefetched.iterator(chunk_size=500):
        dataset.system = system
        if appearance(dataset, dataset.seen) != dataset.examined:
            yield dataset


def shape_of(dataset: Dataset) -> Shape:
    """The dataset as a decision about it sees it; a column is classified once a tag on it is.

    The tag `public.none` classifies a column as harmless.
    """
    return next(iter(_shapes(Q(dataset=dataset)).values()), _empty(dataset))


def shapes_of(system: System, named: Collection[str] | None = None) -> Mapping[str, Shape]:
    """The shapes of everything in the system, by qualified name, in a constant number of reads.

    Given names of datasets, without their schemas, only of those that are called so.
    """
    which = Q(dataset__system=system, dataset__vanished_at__isnull=True)
    return _shapes(which if named is None else which & Q(dataset__name__in=named))


def shapes_among(datasets: Iterable[Dataset]) -> Mapping[str, Shape]:
    """The shapes of these datasets of one system, by qualified name, in a few reads."""
    return _shapes(Q(dataset__in=[dataset.pk for dataset in datasets]))


def _shapes(which: Q) -> dict[str, Shape]:
    """The shapes of the datasets whose columns, keys and taggings fall under `which`."""
    classified = set(
        Tagging.objects.filter(
            state=TagState.CONFIRMED,
            field__in=Field.objects.filter(which, vanished_at__isnull=True),
        ).values_list("field_id", flat=True)
    )
    columns: dict[tuple[str, str, str], list[Column]] = defaultdict(list)
    fields = Field.objects.filter(which, vanished_at__isnull=True).order_by(
        "dataset_id", "position"
    )
    for pk, schema, dataset, kind, name, kind_of_value, nullable in fields.values_list(
        "id", "dataset__schema", "dataset__name", "dataset__kind", "name", "type", "nullable"
    ).iterator(chunk_size=10_000):
        columns[schema, dataset, kind].append(
            Column(name, kind_of_value, nullable, pk in classified)
        )
    primary = {
        (schema, name): tuple(key)
        for schema, name, key in Key.objects.filter(which, kind=KeyKind.PRIMARY).values_list(
            "dataset__schema", "dataset__name", "columns"
        )
    }
    return {
        qualified(schema, name): Shape(
            dataset=qualified(schema, name),
            columns=tuple(found),
            primary_key=primary.get((schema, name), ()),
            kind=kind,
        )
        for (schema, name, kind), found in columns.items()
    }


def _empty(dataset: Dataset) -> Shape:
    return Shape(dataset=dataset.qualified, columns=(), kind=dataset.kind)
