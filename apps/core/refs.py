"""Printable names of anything, which outlive what they name (`dataset:warehouse/sales.orders`)."""

import re

Ref = str
"""`kind:key`, the kind lower-case letters and underscores, the key without space at its ends."""

_REF = re.compile(r"^[a-z_]+:\S(?:.*\S)?$")


def ref(kind: str, key: object) -> Ref:
    """The ref of the thing of this kind with this key.

    Raises ValueError when the two do not form a ref.
    """
    text = f"{kind}:{key}"
    if not _REF.match(text):
        raise ValueError(f"not a ref: {text!r}")
    return text


def kind_of(name: Ref) -> str:
    """The kind before the colon."""
    return name.partition(":")[0]


def key_of(name: Ref) -> str:
    """The key after the colon."""
    return name.partition(":")[2]
