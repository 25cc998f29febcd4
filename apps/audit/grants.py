"""What the roles that run the product may do with the tables of the book: read and append."""

RUNTIME_GRANTS: dict[str, tuple[str, ...]] = {
    "audit_entry": ("SELECT", "INSERT (at, body)"),
    "audit_seal": ("SELECT", "INSERT"),
    "audit_checkpoint": ("SELECT", "INSERT"),
    "audit_verification": ("SELECT", "INSERT"),
}
"""Table → privileges. Not even an entry's id can be chosen by whoever writes it."""
