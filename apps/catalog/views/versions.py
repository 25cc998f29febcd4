"""Reads from a form which version of a thing its sender had seen."""

from django.http import HttpRequest

from apps.core.errors import Invalid


def version_seen(request: HttpRequest) -> int:
    """The version that was sent along. Raises Invalid without one."""
    given = request.POST.get("version", "")
    if not given.isdecimal() or len(given) > 9:
        raise Invalid("It is not said which version you saw.", fields={"version": "is required"})
    return int(given)
