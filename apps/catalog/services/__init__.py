"""Everything that writes to the catalog."""

from apps.catalog.services.assigning import (
    assign_domain,
    assign_owner,
    assign_steward,
    map_account,
    unmap_account,
)
from apps.catalog.services.classifying import declare_tags, propose_tags
from apps.catalog.services.deciding import decide_tagging, settle_rest, tag_dataset, tag_field
from apps.catalog.services.placing import place_dataset, place_datasets
from apps.catalog.services.scanning import ScanResult, scan_system
from apps.catalog.services.systems import (
    change_system,
    connect_system,
    pause_system,
    remove_system,
    request_scan,
    resume_system,
)
from apps.catalog.services.trying import try_address

__all__ = [
    "ScanResult",
    "assign_domain",
    "assign_owner",
    "assign_steward",
    "change_system",
    "connect_system",
    "decide_tagging",
    "declare_tags",
    "map_account",
    "pause_system",
    "place_dataset",
    "place_datasets",
    "propose_tags",
    "remove_system",
    "request_scan",
    "resume_system",
    "scan_system",
    "settle_rest",
    "tag_dataset",
    "tag_field",
    "try_address",
    "unmap_account",
]
