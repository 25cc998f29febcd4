"""Recognises what tells one visitor or device from another."""

import re

from stdnum import imei

from apps.catalog.detecting import (
    NOT_THE_THING,
    KnownTag,
    Look,
    Proposal,
    by_name,
    detector,
    phrases,
    weigh,
)

ONLINE = KnownTag(
    "pii.online_identifier", "Online identifier", 20, "Follows one device or visitor."
)
NAMES = phrases(
    "cookie id, visitor id, device id, advertising id, session id, user agent, imei, mac "
    "address, idfa, gaid, tracking id, anonymous id, browser fingerprint"
)
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


@detector(ONLINE)
def detect(look: Look) -> Proposal | None:
    """Cookies, devices and visitors, by name; MAC addresses and IMEIs by form too."""
    named = look.named(NAMES, but=NOT_THE_THING)
    if named and look.family in ("text", "uuid", "integer"):
        return by_name(look, ONLINE, named, confidence=0.7)
    if look.family != "text":
        return None
    return weigh(look, ONLINE, named="", test=_form, what="are device addresses", alone=True)


def _form(text: str) -> bool:
    return _MAC.fullmatch(text) is not None or (len(text) == 15 and bool(imei.is_valid(text)))
