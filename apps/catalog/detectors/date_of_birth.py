"""Recognises dates of birth."""

from apps.catalog.detecting import KnownTag, Look, Proposal, detector, phrases, weigh

BIRTH = KnownTag("pii.date_of_birth", "Date of birth", 20, "Tells a person's age, and singles out.")
NAMES = phrases(
    "birth date, date of birth, birthdate, birthday, birth day, dob, born, born on, birth "
    "year, year of birth, geburtsdatum, geboortedatum, birth"
)
NOT = phrases("place, country, city, certificate, weight, order, rate, control, name, town")
FAMILIES = ("date", "timestamp", "text", "integer")


@detector(BIRTH)
def detect(look: Look) -> Proposal | None:
    """Dates of birth: by name, with values that are dates or years of the living."""
    if look.family not in FAMILIES:
        return None
    named = look.named(NAMES, but=NOT)
    if not named:
        return None
    return weigh(look, BIRTH, named=named, test=_of_a_life, what="dates of a lifetime")


def _of_a_life(text: str) -> bool:
    """Whether it begins or ends with a year in which somebody alive can have been born."""
    digits = "".join(character if character.isdigit() else " " for character in text).split()
    return any(len(part) == 4 and 1880 <= int(part) <= 2100 for part in digits)
