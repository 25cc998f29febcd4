"""Recognises what people earn."""

from apps.catalog.detecting import KnownTag, Look, Proposal, detector, phrases, weigh

SALARY = KnownTag("pii.salary", "Pay", 30, "What a person earns.")
NAMES = phrases(
    "salary, wage, wages, income, compensation, base pay, gross pay, net pay, hourly rate, "
    "pay rate, annual bonus, bonus, gehalt, lohn, salaire"
)
NOT = phrases("grade, band, id, type, code, currency, status, date, count, level, tax")


@detector(SALARY)
def detect(look: Look) -> Proposal | None:
    """Pay: numbers under a name that says so."""
    if look.family not in ("integer", "number", "text"):
        return None
    named = look.named(NAMES, but=NOT)
    return weigh(look, SALARY, named=named, test=_amount, what="are amounts")


def _amount(text: str) -> bool:
    return text.lstrip("$€£ ").replace(",", "").replace(".", "").isdigit()
