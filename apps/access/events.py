"""Names of what this app announces."""

GRANT_CHANGED = "access.grant_changed"
"""Key: the grant's ref. It was made, ended or renewed."""
