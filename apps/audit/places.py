"""Checkpoints as files: signed statements about a place in the chain, kept outside the database."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from apps.audit.canonical import canonical

FORMAT = "seneschal-checkpoint/1"
PARTS = ("at", "count", "format", "hash", "key", "seq")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the chain: how many entries there are up to it, and what they hash to."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A checkpoint as it is written in a file; `signature` is over all of the other parts."""

    seq: int
    hash: str
    count: int
    at: str
    key: str
    signature: str

    @property
    def place(self) -> Place:
        """What is stated."""
        return Place(self.seq, self.hash)

    @property
    def signed(self) -> bytes:
        """The bytes that the signature covers."""
        parts = {"format": FORMAT, **{n: getattr(self, n) for n in PARTS if n != "format"}}
        return canonical(parts)

    @property
    def text(self) -> bytes:
        """The bytes of the file."""
        return canonical({**json.loads(self.signed), "signature": self.signature}) + b"\n"


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the raw public key."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return sha256(raw).hexdigest()[:16]


def state(place: Place, *, at: str, key: Ed25519PrivateKey) -> Statement:
    """Sign that the chain is at `place`."""
    unsigned = Statement(place.seq, place.hash, place.seq, at, key_id(key.public_key()), "")
    signature = key.sign(unsigned.signed).hex()
    return Statement(place.seq, place.hash, place.seq, at, unsigned.key, signature)


def holds(statement: Statement, key: Ed25519PublicKey) -> bool:
    """Whether the signature is this key's and covers what is stated."""
    with contextlib.suppress(InvalidSignature, ValueError):
        key.verify(bytes.fromhex(statement.signature), statement.signed)
        return statement.key == key_id(key)
    return False


def write(statement: Statement, folder: Path) -> Path:
    """Put the statement into `folder`, whole or not at all; once written it is read-only.

    Raises OSError when the folder cannot be written.
    """
    month = folder / statement.at[:7]
    month.mkdir(parents=True, exist_ok=True)
    path = month / f"{statement.seq:012d}.json"
    handle, name = tempfile.mkstemp(dir=month, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(statement.text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o444)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def read(folder: Path) -> Iterator[Statement]:
    """Every statement in `folder`, in the order of places.

    Raises ValueError, with the file's name, for a file that is not one.
    """
    yield from map(_statement, sorted(folder.glob("*/*.json")))


def last(folder: Path) -> Iterator[Statement]:
    """The statement about the furthest place in `folder`, if there is any; raises as `read`."""
    for month in sorted(folder.glob("[0-9]*-[0-9]*/"), reverse=True):
        path = max(month.glob("*.json"), default=None)
        if path is not None:
            yield _statement(path)
            return


def _statement(path: Path) -> Statement:
    try:
        parts = json.loads(path.read_bytes())
        if parts.pop("format") != FORMAT:
            raise ValueError("its format is not known")
        return Statement(**parts)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path.name} is not a checkpoint: {error}") from None


def newest(statements: Iterable[Statement]) -> Statement | None:
    """The statement about the furthest place."""
    return max(statements, key=lambda statement: statement.seq, default=None)


def moment(statement: Statement) -> datetime:
    """When it was signed."""
    return datetime.fromisoformat(statement.at)
