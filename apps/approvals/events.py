"""Names of what this app announces."""

CHANGED = "approvals.changed"
"""Key: the approval's uuid. It was opened, answered, decided, withdrawn or expired."""
