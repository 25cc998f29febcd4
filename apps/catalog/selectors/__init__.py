"""Reads of the catalog, named for what comes back."""

from apps.catalog.selectors.assets import (
    current_fields,
    has_unexamined,
    shape_of,
    shapes_among,
    shapes_of,
    unexamined,
    visible_datasets,
    visible_systems,
)
from apps.catalog.selectors.people import account_of, bypasses_of, inventory
from apps.catalog.selectors.tags import strictest_tag, tags_of

__all__ = [
    "account_of",
    "bypasses_of",
    "current_fields",
    "has_unexamined",
    "inventory",
    "shape_of",
    "shapes_among",
    "shapes_of",
    "strictest_tag",
    "tags_of",
    "unexamined",
    "visible_datasets",
    "visible_systems",
]
