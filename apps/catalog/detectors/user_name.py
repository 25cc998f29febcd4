"""Recognises the names under which people sign in."""

import re

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

USER = KnownTag("pii.user_name", "User name", 20, "Stands for one person in a system.")
NAMES = phrases(
    "username, user name, login, login name, userid, screen name, handle, account name, "
    "benutzername"
)
NOT = NOT_THE_THING | phrases("at, time, date, url, page, attempts, last, method, ip, event")
_NAME = re.compile(r"[\w.@+\\-]{1,64}")


@detector(USER)
def detect(look: Look) -> Proposal | None:
    """User names, by name, with values of one word."""
    if look.family != "text":
        return None
    named = look.named(NAMES, but=NOT)
    test = lambda text: _NAME.fullmatch(text) is not None  # noqa: E731
    return weigh(look, USER, named=named, test=test, what="are single words")
