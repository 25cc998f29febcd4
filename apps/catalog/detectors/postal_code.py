"""Recognises postal codes."""

import re

from apps.catalog.detecting import KnownTag, Look, Proposal, detector, phrases, weigh

CODE = KnownTag("pii.postal_code", "Postal code", 20, "Narrows a person down to a few streets.")
NAMES = phrases("postal code, post code, postcode, zip, zip code, zipcode, plz, postnummer")
NOT = phrases("file, archive, path, url, size, format")
_CODE = re.compile(r"[A-Za-z0-9]{2,5}(?:[ -]?[A-Za-z0-9]{2,5})?")


@detector(CODE)
def detect(look: Look) -> Proposal | None:
    """Postal codes, by name, with values of their form."""
    if look.family not in ("text", "integer"):
        return None
    named = look.named(NAMES, but=NOT)
    return weigh(look, CODE, named=named, test=_valid, what="have the form of postal codes")


def _valid(text: str) -> bool:
    return (
        3 <= len(text) <= 10
        and any(character.isdigit() for character in text)
        and _CODE.fullmatch(text) is not None
    )
