"""Names of what this app announces."""

CHANGED = "policies.changed"
"""Key: the policy's uuid. It was proposed, decided, put in force or retired."""
