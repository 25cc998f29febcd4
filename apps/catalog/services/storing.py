"""Writes what a scan saw of datasets, columns and keys: set by set, and only what differs."""

import uuid
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import connection

from apps.catalog.models import Dataset, Field, Key, System
from apps.connectors.contracts import ScannedDataset
from apps.connectors.names import qualified

K = TypeVar("K", bound=Hashable)

BATCH = 2000

_DATASET = (
    "kind", "owner_role", "comment", "row_estimate", "size_bytes", "reads", "security_invoker",
)  # fmt: skip
_FIELD = ("position", "type", "nullable", "comment")
_KEY = ("kind", "columns", "to_dataset_id", "to_columns")


@dataclass(frozen=True, slots=True)
class Difference(Generic[K]):
    """What has to be written: `put` by key (new, changed or back again), `gone` by primary key."""

    put: dict[K, tuple[Any, ...]]
    gone: list[int]
    new: int


def difference(
    known: Mapping[K, tuple[int, bool, tuple[Any, ...]]], seen: Mapping[K, tuple[Any, ...]]
) -> Difference[K]:
    """Compare what is known (primary key, whether vanished, values) with what was seen."""
    put: dict[K, tuple[Any, ...]] = {}
    new = 0
    for key, values in seen.items():
        before = known.get(key)
        if before is None:
            new += 1
        if before is None or before[1] or before[2] != values:
            put[key] = values
    gone = [pk for key, (pk, vanished, _) in known.items() if key not in seen and not vanished]
    return Difference(put, gone, new)


def store_datasets(
    system: System, scanned: Iterable[ScannedDataset], at: datetime
) -> tuple[dict[str, int], dict[str, int]]:
    """Bring the rows of datasets in line; return their ids by qualified name, and counts."""
    seen = {
        (one.schema, one.name): (
            one.kind, one.owner, one.comment, one.row_estimate, one.size_bytes,
            list(one.reads), one.security_invoker,
        )
        for one in scanned
    }  # fmt: skip
    rows = Dataset.objects.filter(system=system).values_list(
        "schema", "name", "id", "vanished_at", *_DATASET
    )
    known = {(row[0], row[1]): (row[2], row[3] is not None, row[4:]) for row in rows}
    found = difference(known, seen)
    Dataset.objects.bulk_create(
        [
            Dataset(
                system=system,
                schema=schema,
                name=name,
                first_seen_at=at,
                last_seen_at=at,
                **dict(zip(_DATASET, values, strict=True)),
            )
            for (schema, name), values in found.put.items()
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["system", "schema", "name"],
        update_fields=[*_DATASET, "last_seen_at", "vanished_at"],
    )
    _vanish(Dataset, found.gone, at)
    ids = Dataset.objects.filter(system=system).values_list("schema", "name", "id")
    counts = {
        "datasets_new": found.new,
        "datasets_changed": len(found.put) - found.new,
        "datasets_vanished": len(found.gone),
    }
    return {qualified(schema, name): pk for schema, name, pk in ids}, counts


def store_parents(scanned: Iterable[ScannedDataset], ids: Mapping[str, int]) -> None:
    """Point partitions and children to their parents."""
    wanted = {
        ids[qualified(one.schema, one.name)]: ids.get(one.parent) if one.parent else None
        for one in scanned
    }
    known = Dataset.objects.filter(pk__in=wanted).values_list("id", "parent_id")
    wrong = [Dataset(id=pk, parent_id=wanted[pk]) for pk, parent in known if wanted[pk] != parent]
    Dataset.objects.bulk_update(wrong, ["parent"], batch_size=BATCH)


def store_fields(
    scanned: Iterable[ScannedDataset], ids: Mapping[str, int], at: datetime
) -> dict[str, int]:
    """Bring the rows of columns in line, within the datasets that were seen; return counts."""
    seen: dict[tuple[int, str], tuple[Any, ...]] = {}
    datasets = set()
    for one in scanned:
        dataset = ids[qualified(one.schema, one.name)]
        datasets.add(dataset)
        for column in one.fields:
            seen[dataset, column.name] = (
                column.position, column.type, column.nullable, column.comment,
            )  # fmt: skip
    rows = Field.objects.filter(dataset__in=datasets).values_list(
        "dataset_id", "name", "id", "vanished_at", *_FIELD
    )
    known = {
        (row[0], row[1]): (row[2], row[3] is not None, row[4:])
        for row in rows.iterator(chunk_size=BATCH * 5)
    }
    found = difference(known, seen)
    _copy_fields([(key, values) for key, values in found.put.items() if key not in known], at)
    Field.objects.bulk_create(
        [
            Field(dataset_id=dataset, name=name, **dict(zip(_FIELD, values, strict=True)))
            for (dataset, name), values in found.put.items()
            if (dataset, name) in known
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["dataset", "name"],
        update_fields=[*_FIELD, "vanished_at"],
    )
    _vanish(Field, found.gone, at)
    return {
        "fields_new": found.new,
        "fields_changed": len(found.put) - found.new,
        "fields_vanished": len(found.gone),
    }


def _copy_fields(fresh: list[tuple[tuple[int, str], tuple[Any, ...]]], at: datetime) -> None:
    """Add columns that are new; by COPY, for a first scan brings hundreds of thousands."""
    if not fresh:
        return
    names = ("uuid", "dataset_id", "name", *_FIELD, "created_at")
    statement = f"COPY {Field._meta.db_table} ({', '.join(names)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for key, values in fresh:
            copy.write_row((uuid.uuid4(), *key, *values, at))


def store_keys(scanned: Iterable[ScannedDataset], ids: Mapping[str, int]) -> None:
    """Bring the rows of keys in line; a key that is gone is deleted, for nothing hangs on it."""
    seen: dict[tuple[int, str], tuple[Any, ...]] = {}
    datasets = set()
    for one in scanned:
        dataset = ids[qualified(one.schema, one.name)]
        datasets.add(dataset)
        for key in one.keys:
            seen[dataset, key.name] = (
                key.kind, list(key.columns), ids.get(key.to_dataset), list(key.to_columns),
            )  # fmt: skip
    rows = Key.objects.filter(dataset__in=datasets).values_list("dataset_id", "name", "id", *_KEY)
    known = {(row[0], row[1]): (row[2], False, row[3:]) for row in rows}
    found = difference(known, seen)
    Key.objects.bulk_create(
        [
            Key(dataset_id=dataset, name=name, **dict(zip(_KEY, values, strict=True)))
            for (dataset, name), values in found.put.items()
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["dataset", "name"],
        update_fields=["kind", "columns", "to_dataset", "to_columns"],
    )
    Key.objects.filter(pk__in=found.gone).delete()


def _vanish(model: type[Dataset] | type[Field], gone: list[int], at: datetime) -> None:
    for start in range(0, len(gone), BATCH):
        model._default_manager.filter(pk__in=gone[start : start + BATCH]).update(vanished_at=at)
