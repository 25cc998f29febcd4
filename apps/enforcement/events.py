"""Names of what this app announces."""

PROVEN = "enforcement.proven"
"""Key: the owner's ref. A live system was asked on its behalf and answered, as decided or not."""

CHANGED = "enforcement.changed"
"""Key: the system's key. A pass changed, held or failed something."""
