"""Versions on the wire: ETag says which version this is, If-Match which one was decided on."""

import re
from typing import Any

from rest_framework.request import Request

from apps.core.errors import PreconditionRequired, Stale

_OURS = re.compile(r'"v([0-9]{1,9})"')


def etag_of(instance: Any) -> str | None:
    """The ETag of a thing that counts its versions; None for one that does not."""
    version = getattr(instance, "version", None)
    return f'"v{version}"' if isinstance(version, int) else None


def required_version(request: Request) -> int:
    """The version that If-Match names, for a service to compare under its lock.

    Raises PreconditionRequired when the header is missing or names no single version, Stale when
    it is no ETag of ours.
    """
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*" or "," in header:
        raise PreconditionRequired(
            "Send If-Match with the ETag of what you saw, so that you decide on that and no other."
        )
    found = _OURS.fullmatch(header)
    if found is None:
        raise Stale("If-Match names a version that this never had; look again.")
    return int(found[1])
