"""Masks: what somebody sees instead of a value, and which of two masks is the stricter."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class MaskFunction(StrEnum):
    """The closed list of ways to hide a value."""

    NONE = "none"
    """An exemption: the plain value. Only a rule of tier `exception` may say so."""
    YEAR = "year"
    """A date or timestamp cut to the first instant of its year."""
    BUCKET = "bucket"
    """A number cut down to a multiple of `size`."""
    PARTIAL = "partial"
    """Text of which the first `first` and last `last` characters stay and the rest is `***`."""
    TOKEN = "token"  # noqa: S105
    """Keyed HMAC separated by `domain`: equal values are equal tokens wherever the domain is."""
    HASH = "hash"
    """Keyed HMAC separated by dataset and column: comparable within the column alone."""
    REDACT = "redact"
    """Text replaced by `***` whatever it was; NULL stays NULL."""
    NULL = "null"
    """NULL whatever it was."""


@dataclass(frozen=True, slots=True)
class Mask:
    """One mask function with its arguments; those that do not belong to the function are unset."""

    function: MaskFunction
    first: int = 0
    last: int = 0
    size: int = 0
    domain: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError when the arguments do not fit the function."""
        partial = self.function is MaskFunction.PARTIAL
        if (self.first or self.last) and not partial:
            raise ValueError(f"{self.function} takes no first or last")
        if self.first < 0 or self.last < 0:
            raise ValueError("first and last count characters and cannot be negative")
        if (self.size > 0) != (self.function is MaskFunction.BUCKET):
            raise ValueError("bucket takes a size of at least 1, and no other mask does")
        if bool(self.domain) != (self.function is MaskFunction.TOKEN):
            raise ValueError("token takes a domain, and no other mask does")


PLAIN = Mask(MaskFunction.NONE)
NULL = Mask(MaskFunction.NULL)
REDACT = Mask(MaskFunction.REDACT)


def strictest(masks: Iterable[Mask]) -> Mask:
    """The one mask that hides at least what each of these hides; `PLAIN` when there are none.

    null > redact > any other > none. Two different functions, or one function with different
    arguments, have no order among the others (a token exposes equality, a partial does not): then
    the answer is null, also where redact is among them, so that one mask more never shows more.
    The result does not depend on order or repetition. It must be asked once for all the masks of
    a cell and not in stages: redact over a partial forgets which partial it was.
    """
    distinct = {mask for mask in masks if mask.function is not MaskFunction.NONE}
    others = distinct - {NULL, REDACT}
    if NULL in distinct or len(others) > 1:
        return NULL
    if REDACT in distinct:
        return REDACT
    return others.pop() if others else PLAIN
