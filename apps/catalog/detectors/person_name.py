"""Recognises names of people."""

import re

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

NAME = KnownTag("pii.name", "Person name", 20, "Names a person, or part of a person's name.")
NAMES = phrases(
    "first name, last name, full name, given name, family name, middle name, maiden name, "
    "firstname, lastname, fullname, surname, fname, lname, forename, birth name, nickname, "
    "contact name, customer name, client name, employee name, patient name, holder name, "
    "person name, owner name, account holder, cardholder, card holder, recipient name, sender "
    "name, guest name, member name, author name, vorname, nachname"
)
PEOPLE = phrases(
    "customer, client, person, people, employee, staff, member, patient, contact, user, "
    "guest, actor, driver, student, teacher, passenger, subscriber, applicant, tenant, "
    "supplier_contact, doctor"
)
ROLES = phrases("manager, customer, contact, employee, doctor, patient, author, agent")
_NAME = re.compile(r"[^\W\d_][^\W\d_'’.-]*\.?(?:[ '’-]+[^\W\d_][^\W\d_'’.-]*\.?){0,5}")


@detector(NAME)
def detect(look: Look) -> Proposal | None:
    """Names of people: by a name that says so, or `name` in a table of people."""
    if look.family != "text":
        return None
    named = look.named(NAMES, but=NOT_THE_THING) or _of_people(look) or _a_role(look)
    return weigh(look, NAME, named=named, test=_looks_like_a_name, what="look like person names")


def _of_people(look: Look) -> str:
    """`name` in `customers` names people; in `products` it does not."""
    of = look.dataset_words & PEOPLE
    return f"name in {min(of)}" if look.words == ("name",) and of else ""


def _a_role(look: Look) -> str:
    """`manager` holds a name when what it holds are several words each."""
    if len(look.words) != 1 or look.words[0] not in ROLES or not look.texts:
        return ""
    several = sum(" " in text for text in look.texts) / len(look.texts)
    return look.words[0] if several >= 0.5 else ""


def _looks_like_a_name(text: str) -> bool:
    return len(text) <= 80 and _NAME.fullmatch(text) is not None
