"""Which masks hide more than a given one: what somebody who may only narrow can choose from."""

from apps.semantics.masking import misfit
from apps.semantics.masks import NULL, REDACT, Mask, MaskFunction, strictest

OFFERED = (
    Mask(MaskFunction.YEAR),
    Mask(MaskFunction.BUCKET, size=10),
    Mask(MaskFunction.BUCKET, size=100),
    Mask(MaskFunction.BUCKET, size=1000),
    Mask(MaskFunction.PARTIAL, first=1),
    Mask(MaskFunction.PARTIAL, last=4),
    Mask(MaskFunction.HASH),
    REDACT,
    NULL,
)
"""The masks that need no further argument, those that show most first."""


def stricter_than(mask: Mask, type: str) -> tuple[Mask, ...]:
    """The offered masks that fit a column of this type and that would be shown instead of `mask`.

    A mask without an order to `mask` is not among them: the two together show NULL, not it.
    """
    return tuple(
        each
        for each in OFFERED
        if each != mask and strictest((mask, each)) == each and not misfit(each, type)
    )
