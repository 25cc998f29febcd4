"""The types of columns as PostgreSQL writes them: what may be compared, and as what it is sent."""

import re
from enum import StrEnum

from apps.connectors.contracts import Refused
from apps.semantics.masking import base_type

_NAME = r'(?:[A-Za-z_\u0080-\uffff][\w$]*|"(?:[^"]|"")+")'
_WRITTEN = re.compile(
    rf"^{_NAME}(?:\.{_NAME})?(?:\(-?\d+(?:,-?\d+)?\))?"
    rf"(?: {_NAME}(?:\(\d+\))?)*(?:\(\d+(?:,-?\d+)?\))?(?:\[\])*$"
)


class Family(StrEnum):
    """Types whose values are compared in one way."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    DATE = "date"
    NAIVE = "timestamp without time zone"
    INSTANT = "timestamp with time zone"
    UUID = "uuid"
    DECLARED = "declared"
    """An enumeration, a domain or the like: compared as its text, or as the literal is."""
    OPAQUE = "opaque"
    """No comparison with a literal means the same in every session."""


_FAMILIES = {
    "text": Family.TEXT,
    "character varying": Family.TEXT,
    "character": Family.TEXT,
    "name": Family.TEXT,
    "citext": Family.TEXT,
    "smallint": Family.NUMBER,
    "integer": Family.NUMBER,
    "bigint": Family.NUMBER,
    "numeric": Family.NUMBER,
    "double precision": Family.NUMBER,
    "boolean": Family.TRUTH,
    "date": Family.DATE,
    "timestamp without time zone": Family.NAIVE,
    "timestamp with time zone": Family.INSTANT,
    "uuid": Family.UUID,
}
_OPAQUE = frozenset(
    {
        "real", "money", "json", "jsonb", "xml", "bytea", "bit", "bit varying", "inet", "cidr",
        "macaddr", "macaddr8", "interval", "time without time zone", "time with time zone",
        "point", "line", "lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery", "oid",
        "hstore", "pg_lsn", "txid_snapshot", '"char"',
        *(f"{kind}{many}range" for kind in ("int4", "int8", "num", "ts", "tstz", "date")
          for many in ("", "multi")),
    }
)  # fmt: skip


def family(type: str) -> Family:
    """How values of this type are compared."""
    base = base_type(type)
    if base.endswith("[]") or base in _OPAQUE or base.startswith("interval"):
        return Family.OPAQUE
    if base.rpartition(".")[2] == "citext":
        return Family.TEXT
    return _FAMILIES.get(base, Family.DECLARED)


def written(type: str) -> str:
    """The type as it may stand in a statement. Raises Refused when it could be anything else."""
    if not _WRITTEN.match(type):
        raise Refused(f"The type {type} is not written as PostgreSQL writes types.")
    return type
