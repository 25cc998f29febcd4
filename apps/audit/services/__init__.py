"""Everything that writes to the book."""

from apps.audit.services.checkpoints import checkpoint, verify
from apps.audit.services.exports import Segment, export
from apps.audit.services.partitions import make_partitions
from apps.audit.services.recording import NotInTransaction, NotRecorded, record
from apps.audit.services.sealing import seal

__all__ = [
    "NotInTransaction",
    "NotRecorded",
    "Segment",
    "checkpoint",
    "export",
    "make_partitions",
    "record",
    "seal",
    "verify",
]
