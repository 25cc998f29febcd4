"""Recognises the towns in which people live."""

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

CITY = KnownTag("pii.city", "City", 10, "Narrows a person down to a town.")
NAMES = phrases("city, town, city name, municipality, stadt, ville, residence")
NOT = NOT_THE_THING | phrases("id, code, permit")


@detector(CITY)
def detect(look: Look) -> Proposal | None:
    """Towns, by name; a table of towns itself is nobody's address."""
    if look.family != "text" or look.dataset_words & {"city", "cities", "town"}:
        return None
    named = look.named(NAMES, but=NOT)
    return weigh(look, CITY, named=named, test=_placelike, what="look like places")


def _placelike(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return len(text) <= 80 and letters >= 2 and letters > len(text) / 2
