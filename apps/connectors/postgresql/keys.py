"""The mask key as PostgreSQL needs it: two pads for an HMAC made of core functions alone."""

import hashlib
import hmac
from dataclasses import dataclass, field

from apps.connectors.contracts import Refused, SecretStore
from apps.connectors.secrets import References

_BLOCK = 64
_INNER, _OUTER = 0x36, 0x5C
_SHORTEST = 16


@dataclass(frozen=True, slots=True)
class MaskKey:
    """A reference to the key of the keyed masks; the key itself is looked up when it is used."""

    reference: str
    secrets: SecretStore = field(default_factory=References, compare=False)

    def value(self) -> bytes:
        """The key. Raises Refused when there is none, or too little of it."""
        key = self.secrets.resolve(self.reference).encode()
        if len(key) < _SHORTEST:
            raise Refused(f"The mask key is shorter than {_SHORTEST} bytes: it could be guessed.")
        return key

    @property
    def id(self) -> str:
        """A name of the key that says nothing about it, and changes when the key does."""
        return hmac.new(self.value(), b"seneschal mask key", hashlib.sha256).hexdigest()[:16]

    def pads(self) -> tuple[bytes, bytes]:
        """The inner and the outer pad of RFC 2104 for SHA-256, 64 bytes each."""
        key = self.value()
        if len(key) > _BLOCK:
            key = hashlib.sha256(key).digest()
        block = key.ljust(_BLOCK, b"\0")
        return bytes(byte ^ _INNER for byte in block), bytes(byte ^ _OUTER for byte in block)
