"""Who can act as a role of a system, by any path of memberships; pure."""

from collections.abc import Mapping

from apps.connectors.contracts import Role

EVERYBODY = "PUBLIC"


def people_of(grantee: str, roles: Mapping[str, Role]) -> frozenset[str]:
    """The roles that log in and are, or by any path belong to, the grantee; all for PUBLIC."""
    logins = (name for name, role in roles.items() if role.login)
    if grantee in ("", EVERYBODY):
        return frozenset(logins)
    return frozenset(name for name in logins if grantee in _reached(name, roles))


def _reached(name: str, roles: Mapping[str, Role]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            role = roles.get(current)
            waiting.extend(step.role for step in (role.member_of if role else ()))
    return frozenset(seen)
