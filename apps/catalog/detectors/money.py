"""Recognises amounts of money."""

import re

from apps.catalog.detecting import KnownTag, Look, Proposal, detector, phrases, weigh

MONEY = KnownTag("finance.amount", "Amount of money", 10, "What was paid or owed.", personal=False)
NAMES = phrases(
    "amount, balance, price, revenue, turnover, total amount, invoice amount, payment, credit "
    "limit, debt, betrag, cost, total sales"
)
NOT = phrases("id, type, status, date, count, method, code, ref, currency, at, by, due")
_AMOUNT = re.compile(r"[-+$€£ ]*[\d.,]+(?:E[-+]?\d+)?[ $€£]*")


@detector(MONEY)
def detect(look: Look) -> Proposal | None:
    """Amounts of money: decimal numbers under a name that says so, or the type `money`."""
    named = look.named(NAMES, but=NOT)
    if look.type == "money":
        named = named or "type money"
    elif look.family not in ("number", "integer"):
        return None
    test = lambda text: _AMOUNT.fullmatch(text) is not None  # noqa: E731
    return weigh(look, MONEY, named=named, test=test, what="are amounts")
