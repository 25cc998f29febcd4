"""Reads of enforcement: what is wanted, what stands, and what was proven."""

from apps.enforcement.selectors.asking import Ask, asks_of, oldest, unproven
from apps.enforcement.selectors.health import Health, Overview, overviews
from apps.enforcement.selectors.preview import preview_plan
from apps.enforcement.selectors.proof_page import ProofPage, proof_page
from apps.enforcement.selectors.sight import Sight, believed, look
from apps.enforcement.selectors.status import State, Status, status_of, statuses_of
from apps.enforcement.selectors.wanted import (
    changed_since,
    datasets_of,
    desired,
    owned,
    owners_on,
    rules_of,
    rules_on,
    standing,
    standing_about,
)

__all__ = [
    "Ask",
    "Health",
    "Overview",
    "ProofPage",
    "Sight",
    "State",
    "Status",
    "asks_of",
    "believed",
    "changed_since",
    "datasets_of",
    "desired",
    "look",
    "oldest",
    "overviews",
    "owned",
    "owners_on",
    "preview_plan",
    "proof_page",
    "rules_of",
    "rules_on",
    "standing",
    "standing_about",
    "status_of",
    "statuses_of",
    "unproven",
]
