"""Recognises e-mail addresses."""

import re

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

EMAIL = KnownTag("pii.email", "E-mail address", 20, "Reaches one person, and names many.")
NAMES = phrases("email, e mail, mail, emails, mailbox, mail address")
_ADDRESS = re.compile(r"[^\s@<>,;]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")


@detector(EMAIL)
def detect(look: Look) -> Proposal | None:
    """E-mail addresses, by name or by form."""
    if look.family != "text":
        return None
    return weigh(
        look,
        EMAIL,
        named=look.named(NAMES, but=NOT_THE_THING),
        test=lambda text: _ADDRESS.fullmatch(text) is not None,
        what="valid e-mail addresses",
        alone=True,
    )
