"""The roles a person can hold, what each of them permits, and which permissions have no domain."""

from django.db.models import TextChoices


class Role(TextChoices):
    """What somebody is here to do; each is a bundle of named permissions."""

    ADMIN = "admin", "Administrator"
    STEWARD = "steward", "Data steward"
    OWNER = "owner", "Data owner"
    AUDITOR = "auditor", "Auditor"
    OPERATOR = "operator", "Operator"
    MEMBER = "member", "Member"


_MEMBER = frozenset(
    {"access.request", "access.view", "approvals.decide", "approvals.view", "catalog.view"}
)

_OWNER = _MEMBER | {
    "access.end",
    "access.view_all",
    "enforcement.view",
    "findings.view",
    "policies.view",
}

_STEWARD = _OWNER | {
    "audit.view",
    "catalog.classify",
    "catalog.manage",
    "findings.resolve",
    "identity.view",
    "policies.propose",
}

_AUDITOR = frozenset(
    {
        "access.view",
        "access.view_all",
        "approvals.view",
        "audit.export",
        "audit.view",
        "catalog.view",
        "enforcement.view",
        "findings.view",
        "identity.view",
        "jobs.view",
        "policies.view",
    }
)

_OPERATOR = frozenset(
    {
        "catalog.manage",
        "catalog.view",
        "enforcement.operate",
        "enforcement.view",
        "findings.resolve",
        "findings.view",
        "identity.view",
        "jobs.operate",
        "jobs.view",
        "policies.view",
    }
)

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.MEMBER: _MEMBER,
    Role.OWNER: _OWNER,
    Role.STEWARD: _STEWARD,
    Role.AUDITOR: _AUDITOR,
    Role.OPERATOR: _OPERATOR,
    Role.ADMIN: _STEWARD | _AUDITOR | _OPERATOR | {"identity.manage"},
}
"""What each role permits. `approvals.decide` lets somebody answer what names them, no more."""

EVERY_PERMISSION: frozenset[str] = frozenset().union(*PERMISSIONS.values())
"""The names of all permissions there are."""

WITHOUT_DOMAIN: frozenset[str] = frozenset(
    {
        "audit.export",
        "audit.view",
        "identity.manage",
        "identity.view",
        "jobs.operate",
        "jobs.view",
    }
)
"""Permissions over the whole installation: a role held in one domain alone does not give them."""
