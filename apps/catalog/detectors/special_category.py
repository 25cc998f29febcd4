"""Recognises the other special categories of personal data."""

from apps.catalog.detecting import (
    NOT_THE_THING,
    KnownTag,
    Look,
    Proposal,
    by_name,
    detector,
    phrases,
)

SPECIAL = KnownTag(
    "pii.special_category", "Special category", 30, "Belief, origin, orientation or membership."
)
NAMES = phrases(
    "religion, religious belief, ethnicity, ethnic group, ethnic origin, race, racial origin, "
    "sexual orientation, trade union, union member, union membership, political party, "
    "political opinion, political affiliation, biometric, fingerprint, criminal record, "
    "conviction, convictions"
)
NOT = NOT_THE_THING | phrases(
    "id, time, result, results, winner, distance, horse, lap, condition, digest, hash, file, "
    "cert, key"
)


@detector(SPECIAL)
def detect(look: Look) -> Proposal | None:
    """Religion, origin, orientation, membership, biometrics and convictions, by name."""
    if look.family not in ("text", "boolean", "bytes"):
        return None
    named = look.named(NAMES, but=NOT)
    return by_name(look, SPECIAL, named, confidence=0.7) if named else None
