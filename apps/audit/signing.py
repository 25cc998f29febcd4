"""The key that signs checkpoints: a file outside the database, made once."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from apps.core.errors import Unavailable

_FILE = "file:"


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the key and the checkpoints are, as the settings say."""

    key: Path
    folders: tuple[Path, ...]

    @property
    def public(self) -> Path:
        """The public key's file, for those who verify."""
        return self.key.with_suffix(".pub.pem")


def storage() -> Storage:
    """Read AUDIT_KEY (`file:/path`) and AUDIT_CHECKPOINT_FOLDERS.

    Raises Unavailable when the key is not referred to as a file.
    """
    reference = str(settings.AUDIT_KEY)
    if not reference.startswith(_FILE):
        raise Unavailable("The audit key must be a reference of the form file:/path.")
    folders = tuple(Path(folder) for folder in settings.AUDIT_CHECKPOINT_FOLDERS)
    return Storage(Path(reference.removeprefix(_FILE)), folders)


def signing_key(where: Storage, *, may_make: bool) -> Ed25519PrivateKey:
    """The private key, made on first use.

    Once something has been signed (`may_make` is false) a missing key is not replaced, because
    whoever verifies holds the public half of the one that was: raises Unavailable.
    """
    if may_make and not where.key.exists():
        _make(where)
    try:
        key = serialization.load_pem_private_key(where.key.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a private key"
        raise Unavailable(f"The audit key {where.key.name} cannot be read: {reason}.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(f"The audit key {where.key.name} is not an Ed25519 key.")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The public key as the file that `seneschal-verify --key` reads."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _make(where: Storage) -> None:
    where.key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        handle = os.open(where.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process made it just now
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    where.public.write_bytes(public_pem(key.public_key()))
