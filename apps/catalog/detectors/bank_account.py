"""Recognises bank accounts."""

from stdnum import iban

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

ACCOUNT = KnownTag("pii.bank_account", "Bank account", 30, "Where a person's money is.")
NAMES = phrases("iban, bank account, bank account number, bankaccount, bank acct")


@detector(ACCOUNT)
def detect(look: Look) -> Proposal | None:
    """Bank accounts: IBANs with valid check digits, or the name of one."""
    if look.family != "text":
        return None
    return weigh(
        look,
        ACCOUNT,
        named=look.named(NAMES, but=NOT_THE_THING),
        test=lambda text: bool(iban.is_valid(text)),
        what="valid IBANs",
        alone=True,
    )
