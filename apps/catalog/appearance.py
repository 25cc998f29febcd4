"""A digest of what the detectors are given of a dataset: the same again need not be looked at."""

import hashlib
from collections.abc import Iterable

from apps.catalog.detecting import edition
from apps.catalog.models import Dataset, Field


def appearance(dataset: Dataset, fields: Iterable[Field]) -> str:
    """The detectors' edition, then names, types and comments, and how many there may be to see.

    Of the number of rows only its magnitude counts: a table that was empty is looked at again.
    """
    sampling = dataset.system.sampling
    digest = hashlib.sha256(str(sampling).encode())
    if sampling:
        digest.update(str(len(str(max(dataset.row_estimate, 0)))).encode())
    for field in fields:
        digest.update(repr((field.name, field.type, field.comment)).encode())
    return f"{edition()}{digest.hexdigest()[:48]}"
