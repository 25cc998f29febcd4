"""Names of what this app announces."""

ELIGIBILITY_CHANGED = "identity.eligibility_changed"
"""Key: the user's uuid. What they may be given has changed, to more or to less: they joined or left
a team, were given or lost a role, changed in an attribute, or their account was shut or opened."""
