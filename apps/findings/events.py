"""Names of what this app announces."""

CHANGED = "findings.changed"
"""Key: the finding's uuid. It was opened, opened again or closed."""
