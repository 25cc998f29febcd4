"""Recognises passwords, keys and other secrets."""

import re

from apps.catalog.detecting import (
    KnownTag,
    Look,
    Proposal,
    by_name,
    detector,
    phrases,
    share,
    weigh,
)

SECRET = KnownTag("secret.credential", "Credential", 30, "Opens something.", personal=False)
NAMES = phrases(
    "password, passwd, pwd, passphrase, password hash, secret, api key, apikey, secret key, "
    "private key, access token, refresh token, auth token, api token, session token, client "
    "secret, totp secret, otp secret, pin code, cvv, cvc, passwort, wachtwoord, access key, "
    "token, recovery code, token hash, salt"
)
NOT = phrases(
    "count, changed, expires, at, date, id, policy, length, hint, reset, type, status, name, "
    "url, question, required, attempts, version, last, santa, symbol, prefix, used"
)
_FORMS = re.compile(
    r"\$2[aby]\$\d\d\$.{53}|\$argon2.+|\$(?:1|5|6|y)\$.+|pbkdf2_.+|scrypt.+|SCRAM-SHA-256\$.+"
    r"|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
    r"|(?:sk|pk|rk)_(?:live|test)_\w+|gh[pousr]_\w{20,}|AKIA[A-Z0-9]{16}|xox[abps]-.+",
    re.DOTALL,
)
SURE = 0.8


@detector(SECRET)
def detect(look: Look) -> Proposal | None:
    """Secrets: by name, or by the unmistakable forms of hashes, keys and tokens."""
    if look.family not in ("text", "bytes"):
        return None
    named = look.named(NAMES, but=NOT)
    if named and share(look.texts, _form) < SURE:
        return None if _plainly_not(look.texts) else by_name(look, SECRET, named, confidence=0.8)
    proposal = weigh(
        look,
        SECRET,
        named=named,
        test=_form,
        what="have the form of hashes, keys or tokens",
        alone=True,
    )
    if proposal:
        proposal.evidence["shapes"] = []  # even the form of a secret is nobody's business
    return proposal


def _form(text: str) -> bool:
    return _FORMS.fullmatch(text) is not None


def _plainly_not(texts: tuple[str, ...]) -> bool:
    """Whether these are words that repeat, as in a column that classifies something."""
    return len(texts) >= 20 and len(set(texts)) <= len(texts) * 0.1
