"""Names of the jobs that the catalog does."""

SCAN = "catalog.scan"
"""Scans a system; the key is the system's."""

SCAN_ALL = "catalog.scan_all"
"""Has every system scanned."""

CLASSIFY = "catalog.classify"
"""Has the detectors look at what is new in a system; the key is the system's."""
