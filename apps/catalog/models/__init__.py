"""What the catalog holds: systems, what is in them, who can act there, and what columns mean."""

from apps.catalog.models.assets import Dataset, DatasetKind, Field, Key, KeyKind
from apps.catalog.models.roles import Account, Bypass, Privilege, RoleMembership, SystemRole
from apps.catalog.models.systems import RunState, ScanRun, System, SystemState
from apps.catalog.models.tags import MOVES, NOTHING_PERSONAL, Tag, Tagging, TagState

__all__ = [
    "MOVES",
    "NOTHING_PERSONAL",
    "Account",
    "Bypass",
    "Dataset",
    "DatasetKind",
    "Field",
    "Key",
    "KeyKind",
    "Privilege",
    "RoleMembership",
    "RunState",
    "ScanRun",
    "System",
    "SystemRole",
    "SystemState",
    "Tag",
    "TagState",
    "Tagging",
]
