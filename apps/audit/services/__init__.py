"""Everything that writes to the book."""

from apps.audit.services.recording import NotInTransaction, record

__all__ = ["NotInTransaction", "record"]
