"""What can be read out of the book."""

from apps.audit.selectors.chain import BookState, known_break, verify_state
from apps.audit.selectors.entries import Search, entries, entries_about

__all__ = ["BookState", "Search", "entries", "entries_about", "known_break", "verify_state"]
