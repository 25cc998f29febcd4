"""Recognises addresses of people's computers."""

import ipaddress

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

IP = KnownTag("pii.ip_address", "IP address", 20, "Where somebody was connected from.")
NAMES = phrases(
    "ip, ip address, ip addr, ipaddr, ipaddress, remote addr, client ip, ipv 4, ipv 6, source "
    "ip, remote ip, last ip"
)
VERSIONS = phrases("version, release, build, firmware, ver")


@detector(IP)
def detect(look: Look) -> Proposal | None:
    """IP addresses: by type, or text that parses as one."""
    if look.family == "inet":
        named = look.named(NAMES) or f"type {look.type}"
        return weigh(look, IP, named=named, test=_valid, what="IP addresses") or by_name(
            look, IP, named, confidence=0.7
        )
    if look.family != "text" or VERSIONS & set(look.words):
        return None
    return weigh(
        look,
        IP,
        named=look.named(NAMES, but=NOT_THE_THING),
        test=_valid,
        what="IP addresses",
        alone=True,
    )


def _valid(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("/")[0])
    except ValueError:
        return False
    return "." in text or text.count(":") > 1
