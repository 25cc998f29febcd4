"""Reads of enforcement: what is wanted, what stands, and what was proven."""

from apps.enforcement.selectors.asking import Ask, asks_of, oldest, unproven
from apps.enforcement.selectors.sight import Sight, believed, look
from apps.enforcement.selectors.wanted import desired, owned, owners_on, rules_of, standing

__all__ = [
    "Ask",
    "Sight",
    "asks_of",
    "believed",
    "desired",
    "look",
    "oldest",
    "owned",
    "owners_on",
    "rules_of",
    "standing",
    "unproven",
]
