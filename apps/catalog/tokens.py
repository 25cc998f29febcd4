"""Splits identifiers into words, so that a name is read and never searched for substrings."""

import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIGITS = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])")
_APART = re.compile(r"[\W_]+")


def tokens(identifier: str) -> tuple[str, ...]:
    """The words of an identifier in snake, kebab or camel case, in lower case and order."""
    apart = _HUMP.sub(" ", identifier)
    apart = _DIGITS.sub(" ", _APART.sub(" ", apart).lower())
    return tuple(apart.split())


def phrase_in(words: tuple[str, ...], phrases: frozenset[str]) -> str:
    """The longest of the phrases (words joined by blanks) that stands among these words, or ``."""
    best = ""
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            phrase = " ".join(words[start:end])
            if phrase in phrases and len(phrase) > len(best):
                best = phrase
    return best
