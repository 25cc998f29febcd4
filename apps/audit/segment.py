"""The form of an exported stretch of the book: a first line about it, then one line per entry.

A line of an entry is canonical JSON with the entry, its hash and its place. An entry that was not
asked for is withheld: its line has the digest of its bytes instead, so that the chain can be
followed over it. `seneschal-verify` reads this form.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.audit.canonical import canonical

FORMAT = "seneschal-audit/1"


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says: the stretch, the hash before it, and what was asked for."""

    first: int
    last: int
    previous: str
    entries: int
    """How many of the lines hold an entry."""
    at: str
    search: Mapping[str, object]

    def line(self) -> bytes:
        """The first line."""
        return canonical(
            {
                "at": self.at,
                "entries": self.entries,
                "first": self.first,
                "format": FORMAT,
                "last": self.last,
                "previous": self.previous,
                "search": self.search,
            }
        )


def shown(body: str, found: str, seq: int) -> bytes:
    """The line of an entry."""
    return b'{"entry":%b,"hash":"%b","seq":%d}' % (body.encode(), found.encode(), seq)


def withheld(digest: str, found: str, seq: int) -> bytes:
    """The line of an entry that was not asked for."""
    return b'{"digest":"%b","hash":"%b","seq":%d}' % (digest.encode(), found.encode(), seq)
