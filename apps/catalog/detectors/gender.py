"""Recognises people's gender."""

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

GENDER = KnownTag("pii.gender", "Gender", 20, "A trait that people are treated unequally for.")
NAMES = phrases("gender, sex, geschlecht, geslacht, gender code, gender identity")
VALUES = phrases(
    "m, f, w, d, x, u, o, n, male, female, man, woman, other, unknown, diverse, nonbinary, "
    "non-binary, none, 0, 1, 2, 9, mr, mrs, ms, mx"
)


@detector(GENDER)
def detect(look: Look) -> Proposal | None:
    """Gender, by name, with the few values that stand for it."""
    if look.family not in ("text", "integer"):
        return None
    named = look.named(NAMES, but=NOT_THE_THING - {"type", "code"})
    if len(set(look.texts)) > 12:
        return None
    test = lambda text: text.lower() in VALUES  # noqa: E731
    return weigh(look, GENDER, named=named, test=test, what="stand for a gender")
