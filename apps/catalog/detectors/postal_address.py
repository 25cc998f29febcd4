"""Recognises where people live or are sent to."""

import re

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

ADDRESS = KnownTag("pii.address", "Postal address", 20, "Where a person lives or receives post.")
NAMES = phrases(
    "address, street, street address, street name, address line, home address, postal "
    "address, billing address, shipping address, delivery address, addr, strasse, adresse, "
    "straat, house number, mailing address"
)
NOT = NOT_THE_THING | phrases(
    "ip, email, mail, mac, web, url, host, http, network, server, wallet, memory, contract, "
    "id, code"
)
_LETTERS = re.compile(r"[^\W\d_]{2,}")


@detector(ADDRESS)
def detect(look: Look) -> Proposal | None:
    """Street addresses, by name, with values that are more than a number."""
    if look.family != "text":
        return None
    named = look.named(NAMES, but=NOT)
    test = _has_digit if named == "house number" else _written
    return weigh(look, ADDRESS, named=named, test=test, what="look like addresses")


def _written(text: str) -> bool:
    return len(text) <= 200 and "@" not in text and _LETTERS.search(text) is not None


def _has_digit(text: str) -> bool:
    return len(text) <= 12 and any(character.isdigit() for character in text)
