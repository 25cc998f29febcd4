"""Names of what this app announces."""

ELIGIBILITY_CHANGED = "identity.eligibility_changed"
"""Key: the user's uuid. They left a team, lost a role or were deactivated."""
