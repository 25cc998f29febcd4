"""Recognises data about people's health."""

from apps.catalog.detecting import (
    NOT_THE_THING,
    KnownTag,
    Look,
    Proposal,
    by_name,
    detector,
    phrases,
)

HEALTH = KnownTag("pii.health", "Health", 30, "About a person's health: a special category.")
NAMES = phrases(
    "diagnosis, diagnoses, icd 10, icd 9, icd code, icd, blood type, blood group, blood "
    "pressure, allergy, allergies, medication, medications, prescription, disability, medical "
    "history, medical record, treatment plan, health status, health condition, symptom, "
    "symptoms, vaccination, pregnant, pregnancy, hiv, disease, illness, sick leave, medical "
    "condition, bmi, mental health, surgery, therapy"
)
NOT = NOT_THE_THING - {"status", "type"} | phrases("plant, crop, system, server")


@detector(HEALTH)
def detect(look: Look) -> Proposal | None:
    """Health data, by name; what is written there has no form of its own."""
    if look.family == "" or (look.values and not look.texts and len(look.values) > 50):
        return None
    named = look.named(NAMES, but=NOT)
    return by_name(look, HEALTH, named, confidence=0.7) if named else None
