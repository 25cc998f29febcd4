"""Recognises numbers of payment cards."""

import re

from stdnum import luhn

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

CARD = KnownTag("pii.payment_card", "Payment card", 30, "A card number, under PCI DSS.")
NAMES = phrases(
    "card number, card no, credit card, creditcard, cc number, cc num, debit card, payment "
    "card, cardnumber, pan, credit card number"
)
NOT = NOT_THE_THING | phrases("holder, name, expiry, month, year, last, brand")
_CARD = re.compile(r"(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6\d{15,18})")


@detector(CARD)
def detect(look: Look) -> Proposal | None:
    """Payment cards: an issuer's prefix, its length, and a valid Luhn digit."""
    if look.family not in ("text", "integer", "number"):
        return None
    return weigh(
        look,
        CARD,
        named=look.named(NAMES, but=NOT),
        test=_valid,
        what="valid card numbers",
        alone=True,
    )


def _valid(text: str) -> bool:
    number = re.sub(r"[ -]", "", text)
    return _CARD.fullmatch(number) is not None and bool(luhn.is_valid(number))
