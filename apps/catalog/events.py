"""The announcements that the catalog makes."""

SCANNED = "catalog.scanned"
"""A scan changed something; the key is the system's key."""

CLASSIFIED = "catalog.classified"
"""What is known about a dataset's columns changed; the key is the dataset's uuid."""

ACCOUNTS_CHANGED = "catalog.accounts_changed"
"""Whose a login in a system is has changed; the key is the system's key."""
