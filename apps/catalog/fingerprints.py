"""One digest of everything that a scan saw: equal digests mean that nothing has changed."""

import hashlib

from apps.connectors.contracts import Scan

FORM = "1"
"""Raised when what is stored of a scan changes, so that unchanged systems are stored anew."""


def fingerprint(scan: Scan) -> str:
    """SHA-256 over the scan without its time; the order of its parts does not matter."""
    digest = hashlib.sha256(f"{FORM} {scan.server}".encode())
    for part in (scan.datasets, scan.roles, scan.privileges, scan.bypasses):
        digest.update(b"\0")
        for line in sorted(map(repr, part)):
            digest.update(line.encode(errors="surrogatepass"))
            digest.update(b"\n")
    return digest.hexdigest()
