"""Recognises free text, in which anything about anybody may stand."""

import re

from apps.catalog.detecting import KnownTag, Look, Proposal, by_name, detector, phrases, share

FREE = KnownTag(
    "content.free_text", "Free text", 20, "Written by people, so it may hold personal data."
)
NAMES = phrases(
    "note, notes, comment, comments, remark, remarks, message, feedback, free text, message "
    "body, body, review text, complaint, bemerkung, memo, transcript, biography, bio"
)
NOT = phrases("count, id, status, type, at, by, url, length, template, code, date")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_PHONE = re.compile(r"(?<!\w)\+?\d[\d ()./-]{7,}\d(?!\w)")
SENTENCES, REPEATED = 0.5, 0.5


@detector(FREE)
def detect(look: Look) -> Proposal | None:
    """Free text: sentences that rarely repeat, with what personal data was met in them."""
    if look.family != "text":
        return None
    named = look.named(NAMES, but=NOT)
    if not look.texts:
        return by_name(look, FREE, named) if named else None
    texts = look.texts
    wordy = share(texts, lambda text: len(text.split()) >= 5)
    distinct = len(set(texts))
    if wordy < (0.2 if named else SENTENCES) or distinct < len(texts) * REPEATED:
        return None
    met = {"e-mail addresses": share(texts, _has_email), "phone numbers": share(texts, _has_phone)}
    evidence = {
        "basis": "values",
        "named": named,
        "what": "are sentences",
        "rate": round(wordy, 4),
        "sampled": len(look.values or ()),
        "empty": round(1 - len(texts) / len(look.values or texts), 4),
        "distinct": distinct,
        "met": {what: round(rate, 4) for what, rate in met.items() if rate},
    }
    surer = 0.2 * bool(named) + 0.15 * bool(evidence["met"])
    return Proposal(FREE.key, round(0.6 + surer, 2), evidence)


def _has_email(text: str) -> bool:
    return _EMAIL.search(text) is not None


def _has_phone(text: str) -> bool:
    return _PHONE.search(text) is not None
