"""The arithmetic of the chain: each hash covers one entry and, through the one before, all."""

from hashlib import sha256

GENESIS = "0" * 64
"""The hash before the first entry."""


def digest_of(body: bytes) -> str:
    """The digest of one entry's canonical bytes; it stands for an entry that is withheld."""
    return sha256(body).hexdigest()


def link(*, previous: str, digest: str, seq: int) -> str:
    """The hash at place `seq`: SHA-256 over the canonical JSON of digest, previous and place."""
    return sha256(
        b'{"digest":"%b","previous":"%b","seq":%d}' % (digest.encode(), previous.encode(), seq)
    ).hexdigest()
