"""Says in words what each permission lets somebody do, grouped by what it is about."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AREAS: dict[str, str | Promise] = {
    "access": _("Access"),
    "approvals": _("Decisions"),
    "catalog": _("Catalog"),
    "policies": _("Policies"),
    "enforcement": _("Connections"),
    "findings": _("Findings"),
    "audit": _("Audit trail"),
    "jobs": _("Jobs"),
    "identity": _("People"),
}

WORDS: dict[str, str | Promise] = {
    "access.request": _("Ask for access"),
    "access.view": _("See own requests and grants"),
    "access.view_all": _("See everybody's requests and grants"),
    "access.end": _("End grants"),
    "approvals.view": _("See what waits for a decision"),
    "approvals.decide": _("Answer what waits for a decision"),
    "catalog.view": _("Find data assets"),
    "catalog.classify": _("Confirm and reject classifications"),
    "catalog.manage": _("Connect and scan systems"),
    "policies.view": _("Read policies"),
    "policies.propose": _("Propose policies"),
    "enforcement.view": _("See how systems stand"),
    "enforcement.operate": _("Compare, pause and release systems"),
    "findings.view": _("See findings"),
    "findings.resolve": _("Work on findings"),
    "audit.view": _("Read the audit trail"),
    "audit.export": _("Export the audit trail"),
    "jobs.view": _("See jobs"),
    "jobs.operate": _("Retry and cancel jobs"),
    "identity.view": _("Look people up"),
    "identity.manage": _("Manage people, teams and roles"),
}

Group = tuple[str | Promise, list[tuple[str, str | Promise]]]


def grouped(permissions: Iterable[str]) -> list[Group]:
    """These permissions with their words, under the area that each is about."""
    wanted = set(permissions)
    groups: list[Group] = [
        (area, [(name, words) for name, words in WORDS.items() if _is_in(name, key, wanted)])
        for key, area in AREAS.items()
    ]
    return [(area, found) for area, found in groups if found]


def _is_in(name: str, area: str, wanted: set[str]) -> bool:
    return name in wanted and name.partition(".")[0] == area
