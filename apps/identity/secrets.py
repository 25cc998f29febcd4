"""Makes the secrets of API tokens and the hashes under which they are kept."""

import hashlib
import secrets

MARK = "snl_"
SHOWN = len(MARK) + 6
"""Characters of a secret that stay visible, so that people recognise it."""


def new_secret() -> str:
    """A secret of 256 random bits."""
    return MARK + secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is kept of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).digest()
