"""Recognises identity numbers that a state gives to people."""

from collections.abc import Callable
from functools import cache
from importlib import import_module

from apps.catalog.detecting import NOT_THE_THING, KnownTag, Look, Proposal, detector, phrases, weigh

NATIONAL = KnownTag(
    "pii.national_id", "National identity number", 30, "Singles out one person, for life."
)
NAMES = phrases(
    "ssn, social security, social security number, national id, national number, nationalid, "
    "identity number, id card, passport, passport number, passport no, tax id, personal code, "
    "personal id, personnummer, fodselsnummer, bsn, cpf, pesel, nino, codice fiscale, curp, "
    "aadhaar, tckn, driving licence, driver license, drivers license, steuer id, "
    "rijksregisternummer, cnp, egn, oib, hetu, cpr, insurance number, national insurance, "
    "insee"
)
WITH_CHECK_DIGITS = (
    "no.fodselsnummer",
    "se.personnummer",
    "fi.hetu",
    "dk.cpr",
    "nl.bsn",
    "be.nn",
    "fr.nir",
    "es.dni",
    "es.nie",
    "it.codicefiscale",
    "pl.pesel",
    "de.idnr",
    "at.vnr",
    "ch.ssn",
    "br.cpf",
    "cn.ric",
    "in_.aadhaar",
    "tr.tckimlik",
    "ro.cnp",
    "bg.egn",
    "hr.oib",
    "ee.ik",
    "lt.asmens",
    "cz.rc",
    "za.idnr",
    "kr.rrn",
    "ca.sin",
    "mx.curp",
    "is_.kennitala",
    "us.ssn",
)
ALONE = phrases(
    "fi.hetu, fr.nir, es.dni, es.nie, it.codicefiscale, mx.curp, se.personnummer, ch.ssn, "
    "cn.ric, no.fodselsnummer, pl.pesel"
)
"""Those whose form and check digits are too rich to be met by chance."""


@detector(NATIONAL)
def detect(look: Look) -> Proposal | None:
    """National identity numbers: valid in one country, or named so."""
    if look.family not in ("text", "integer"):
        return None
    named = look.named(NAMES, but=NOT_THE_THING)
    country, valid = _likeliest(look.texts, WITH_CHECK_DIGITS if named else ALONE)
    proposal = weigh(
        look, NATIONAL, named=named, test=valid, what=f"valid numbers of {country}", alone=True
    )
    if proposal is None and _named_plainly(named) and look.texts:
        return weigh(look, NATIONAL, named=named, test=_numberlike, what="look like such numbers")
    return proposal


def _likeliest(
    texts: tuple[str, ...], modules: tuple[str, ...] | frozenset[str]
) -> tuple[str, Callable[[str], bool]]:
    """The country whose numbers most of these are, and its check; asked of a few values."""
    few = texts[:50]
    best = max(sorted(modules), key=lambda module: sum(map(_check(module), few)))
    return best.partition(".")[0].strip("_").upper(), _check(best)


@cache
def _check(module: str) -> Callable[[str], bool]:
    found = import_module(f"stdnum.{module}")
    return lambda text: bool(found.is_valid(text))


def _named_plainly(named: str) -> bool:
    """Names that nothing else bears; their numbers may have no check digit we know."""
    return "passport" in named or "licen" in named or named in {"national id", "ssn"}


def _numberlike(text: str) -> bool:
    return 5 <= len(text) <= 20 and sum(character.isdigit() for character in text) >= 4
