#!/usr/bin/env python3
"""Verifies an exported stretch of Seneschal's audit book without Seneschal.

One file, Python 3.11 or newer; `cryptography` is needed for the signatures of checkpoints and for
nothing else. Read it: it is short so that whoever relies on it can.

The form that is checked
    The first line of an export tells which stretch follows and the hash before it. Each line after
    it is `{"entry":…,"hash":"…","seq":n}`, or `{"digest":"…","hash":"…","seq":n}` for an entry that
    was not handed out. The digest is the SHA-256 of the entry's bytes as they stand in the line;
    the hash is the SHA-256 of `{"digest":"…","previous":"…","seq":n}`, `previous` being the hash of
    the line before. A checkpoint is a file of JSON whose `signature` (Ed25519, hexadecimal) is over
    the canonical JSON (RFC 8785) of its other members.

Exit codes
    0  every line holds and a signed checkpoint states the same hash
    1  something was changed; the first place that does not hold is named
    2  the command or a file cannot be understood
    3  the package `cryptography` is missing
    4  the lines hold among themselves, but no checkpoint says that they are the true ones
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

SEGMENT = "seneschal-audit/1"
CHECKPOINT = "seneschal-checkpoint/1"
GENESIS = "0" * 64
GRACE = timedelta(minutes=5)
"""How much earlier than an export a checkpoint must be for the export to have to reach it."""

OK, BROKEN, UNREADABLE, NO_CRYPTOGRAPHY, UNPROVEN = range(5)


class Unreadable(Exception):
    """A file is not what it should be; the message says which and why."""


class Broken(Exception):
    """Something was changed. `seq` is the first place that does not hold."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.seq = seq


class PublicKey(Protocol):
    """What is needed of an Ed25519 public key."""

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raise when the signature is not this key's over `data`."""


@dataclass(frozen=True)
class Header:
    """The first line of an export."""

    first: int
    last: int
    previous: str
    entries: int
    at: datetime
    search: Mapping[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement about one place; `source` is the file that makes it."""

    seq: int
    hash: str
    at: datetime
    source: str


@dataclass
class Verdict:
    """What was found when nothing is broken."""

    header: Header
    shown: int = 0
    withheld: int = 0
    anchors: list[Checkpoint] = field(default_factory=list)
    beyond: Checkpoint | None = None
    """A checkpoint about a place after the end of the stretch."""


def verify(lines: Iterable[bytes], checkpoints: Iterable[Checkpoint], *, whole: bool) -> Verdict:
    """Check `lines` against one another and against `checkpoints`, whose signatures hold.

    With `whole` the stretch must begin with the first entry and reach the furthest checkpoint.
    Raises Broken, or Unreadable when the first line is not that of an export.
    """
    reader = iter(lines)
    header = read_header(next(reader, b""))
    if whole and header.first != 1:
        raise Broken(1, f"The stretch begins with #{header.first}, not with #1.")
    verdict = Verdict(header)
    stated = _by_place(checkpoints)
    _follow(reader, verdict, stated)
    verdict.beyond = max(stated.values(), key=lambda one: one.seq, default=None)
    if verdict.beyond is not None and verdict.beyond.seq <= header.last:
        verdict.beyond = None
    _refuse_short_end(header, stated.values(), whole)
    return verdict


def _follow(reader: Iterator[bytes], verdict: Verdict, stated: Mapping[int, Checkpoint]) -> None:
    """Recompute the chain line by line, meeting the checkpoints on the way."""
    header, sure = verdict.header, verdict.header.first
    seq, previous = header.first - 1, header.previous.encode()
    _meet(seq, previous, sure, stated)
    for line in reader:
        seq += 1
        if seq > header.last:
            raise Broken(seq, f"There are lines after #{header.last}, which should be the last.")
        content, found, is_entry = _parts(line, seq)
        digest = sha256(content).hexdigest().encode() if is_entry else content
        previous = (
            sha256(b'{"digest":"%b","previous":"%b","seq":%d}' % (digest, previous, seq))
            .hexdigest()
            .encode()
        )
        if previous != found:
            raise Broken(seq, "Its hash is not that of its content after the line before.")
        verdict.shown += is_entry
        if seq in stated:
            _meet(seq, previous, sure, stated)
            verdict.anchors.append(stated[seq])
            sure = seq + 1
    verdict.withheld = seq - header.first + 1 - verdict.shown
    if seq < header.last:
        raise Broken(seq + 1, f"The file ends before #{header.last}, which should be the last.")
    if verdict.shown != header.entries:
        raise Broken(header.first, f"{header.entries} entries were exported, {verdict.shown} left.")


def _parts(line: bytes, seq: int) -> tuple[bytes, bytes, bool]:
    """The content of a line, its hash, and whether the content is an entry or only a digest."""
    tail = b'"' + b',"seq":%d}\n' % seq
    cut = len(line) - len(tail) - 64 - 9
    if not line.endswith(tail) or line[cut : cut + 9] != b',"hash":"':
        raise Broken(seq, f"Where #{seq} should be there is {_glimpse(line)}.")
    found = line[cut + 9 : cut + 73]
    if line.startswith(b'{"entry":{'):
        return line[9:cut], found, True
    if line.startswith(b'{"digest":"') and cut == 76:
        return line[11:75], found, False
    raise Broken(seq, f"Where #{seq} should be there is {_glimpse(line)}.")


def _meet(seq: int, found: bytes, sure: int, stated: Mapping[int, Checkpoint]) -> None:
    """Compare the hash at a place with what was signed about it."""
    if seq in stated and stated[seq].hash != found.decode():
        raise Broken(
            sure,
            f"The lines hold among themselves but were rewritten, from #{sure} on or later: "
            f"the checkpoint at #{seq} ({stated[seq].source}) states another hash.",
        )


def _refuse_short_end(header: Header, stated: Iterable[Checkpoint], whole: bool) -> None:
    """An export of everything must reach what had been signed when it was made."""
    if header.search and not whole:
        return
    missed = [one for one in stated if one.seq > header.last]
    missed = [one for one in missed if whole or one.at < header.at - GRACE]
    if missed:
        seq = max(one.seq for one in missed)
        raise Broken(header.last + 1, f"The end is missing: checkpoints state {seq} entries.")


def _by_place(checkpoints: Iterable[Checkpoint]) -> dict[int, Checkpoint]:
    stated: dict[int, Checkpoint] = {}
    for one in checkpoints:
        if stated.setdefault(one.seq, one).hash != one.hash:
            raise Broken(one.seq, f"{one.source} and {stated[one.seq].source} contradict.")
    return stated


def read_header(line: bytes) -> Header:
    """What the first line says. Raises Unreadable."""
    try:
        said = json.loads(line)
        if said["format"] != SEGMENT:
            raise Unreadable(f"the format {said['format']!r} is not known to this version")
        header = Header(
            int(said["first"]),
            int(said["last"]),
            str(said["previous"]),
            int(said["entries"]),
            datetime.fromisoformat(said["at"]),
            dict(said["search"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"the first line is not that of an export: {error!r}") from None
    if header.first < 1 or len(header.previous) != 64:
        raise Unreadable("the first line is not that of an export")
    if header.first == 1 and header.previous != GENESIS:
        raise Broken(1, "The first line gives #1 something that goes before.")
    return header


def read_checkpoints(folder: Path, key: PublicKey, first: int, last: int) -> Iterator[Checkpoint]:
    """The checkpoints of `folder` about the stretch, and the furthest of all.

    Raises Broken for one in question that is not signed by `key`, Unreadable for a file that is
    not a checkpoint.
    """
    found = [_statement(path) for path in sorted(folder.rglob("*.json"))]
    furthest = max((one for one, _, _ in found), key=lambda one: one.seq, default=None)
    for one, signed, signature in found:
        if first - 1 <= one.seq <= last or one is furthest:
            try:
                key.verify(signature, signed)
            except Exception:
                raise Broken(one.seq, f"{one.source} is not signed by this key.") from None
            yield one


def _statement(path: Path) -> tuple[Checkpoint, bytes, bytes]:
    try:
        said = json.loads(path.read_bytes())
        signature = bytes.fromhex(said.pop("signature"))
        if said["format"] != CHECKPOINT:
            raise ValueError("its format is not known to this version")
        at = datetime.fromisoformat(said["at"])
        one = Checkpoint(int(said["seq"]), str(said["hash"]), at, path.name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"{path} is not a checkpoint: {error}") from None
    # Texts and whole numbers alone: for these, sorted and compact is what RFC 8785 asks for.
    signed = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return one, signed.encode(), signature


def read_key(path: Path) -> PublicKey:
    """The public key in a PEM file. Raises Unreadable, or ImportError without `cryptography`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path} is not a public key: {error}") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Unreadable(f"{path} is not an Ed25519 key")
    return key


def _glimpse(line: bytes) -> str:
    return repr(line[:40].decode("utf-8", "replace")) if line.strip() else "an empty line"


def _sentences(verdict: Verdict) -> Iterator[str]:
    header = verdict.header
    yield f"#{header.first} to #{header.last}: {verdict.shown} entries hold" + (
        f", {verdict.withheld} more are withheld (digests only)." if verdict.withheld else "."
    )
    if verdict.anchors:
        end = verdict.anchors[-1]
        yield f"{len(verdict.anchors)} signed checkpoints agree, the last at #{end.seq} ({end.at})."
        if end.seq < header.last:
            yield f"#{end.seq + 1} to #{header.last} are not under a checkpoint yet."
    if verdict.beyond:
        yield f"The book goes on: {verdict.beyond.source} states {verdict.beyond.seq} entries."


def _arguments() -> argparse.ArgumentParser:
    about, _, details = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "seneschal-verify",
        description=about,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("segment", type=Path, help="the exported file (JSON lines)")
    parser.add_argument(
        "--checkpoints",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="folder with signed checkpoints, best a copy that the book's keepers cannot change",
    )
    parser.add_argument("--key", type=Path, metavar="FILE", help="public key of the checkpoints")
    parser.add_argument(
        "--whole",
        action="store_true",
        help="the file must be the whole book: from #1 to the furthest checkpoint",
    )
    return parser


def _checkpoints(options: argparse.Namespace, header: Header) -> list[Checkpoint]:
    """What the folders on the command line state about the stretch."""
    found: list[Checkpoint] = []
    if options.checkpoints:
        key = read_key(options.key)
        for folder in options.checkpoints:
            if not folder.is_dir():
                raise Unreadable(f"{folder} is not a folder")
            found += read_checkpoints(folder, key, header.first, header.last)
    return found


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = _arguments()
    options = parser.parse_args(argv)
    if bool(options.checkpoints) != bool(options.key):
        parser.error("--checkpoints and --key go together")
    try:
        with options.segment.open("rb") as file:
            checkpoints = _checkpoints(options, read_header(file.readline()))
            file.seek(0)
            verdict = verify(file, checkpoints, whole=options.whole)
    except Broken as broken:
        print(f"BROKEN at #{broken.seq}: {broken}")
        return BROKEN
    except ImportError:
        print("The Python package `cryptography` is missing: pip install cryptography")
        return NO_CRYPTOGRAPHY
    except (Unreadable, OSError) as error:
        print(f"Cannot verify: {error}.", file=sys.stderr)
        return UNREADABLE
    proven = bool(verdict.anchors)
    print("OK" if proven else "NOT PROVEN: no checkpoint states a place of this stretch.")
    print(*_sentences(verdict), sep="\n")
    return OK if proven else UNPROVEN


if __name__ == "__main__":
    sys.exit(main())
