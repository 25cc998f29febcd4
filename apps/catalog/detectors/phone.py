"""Recognises telephone numbers."""

import re

import phonenumbers

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

PHONE = KnownTag("pii.phone", "Phone number", 20, "Reaches one person or household.")
NAMES = phrases(
    "phone, telephone, tel, mobile, cell, cellphone, fax, msisdn, telefon, telefoon, gsm, "
    "handy, phone number, mobile number, contact number, cell phone"
)
NOT = NOT_THE_THING | phrases("os, app, device, battery")
_DIALLED = re.compile(r"[+(]?[\d][\d\s()./-]{5,20}\d")


@detector(PHONE)
def detect(look: Look) -> Proposal | None:
    """Telephone numbers: by name when dialable, without a name only in international form."""
    if look.family not in ("text", "integer"):
        return None
    named = look.named(NAMES, but=NOT)
    return weigh(
        look,
        PHONE,
        named=named,
        test=_dialable if named else _international,
        what="phone numbers" if named else "valid international phone numbers",
        alone=True,
    )


def _dialable(text: str) -> bool:
    """Whether digits enough for a number stand there, whatever its country."""
    digits = sum(character.isdigit() for character in text)
    return 7 <= digits <= 15 and _DIALLED.fullmatch(text) is not None


def _international(text: str) -> bool:
    if not text.startswith("+"):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False
