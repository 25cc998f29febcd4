"""Roles and memberships as PostgreSQL knows them, and what follows: who reaches which role."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apps.connectors.contracts import Membership, Role

ROLES = """
SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolreplication,
       CASE WHEN rolvaliduntil < '9999-01-01' THEN rolvaliduntil END
FROM pg_catalog.pg_roles ORDER BY rolname
"""

_OPTIONS = "bool_or(m.inherit_option), bool_or(m.set_option)"
_OPTIONS_BEFORE_16 = "bool_or(b.rolinherit), true"


def memberships_query(version: int) -> str:
    """The memberships, those of several grantors as one; `version` is `server_version_num`.

    Before 16 a membership has no options of its own: whether it is inherited is up to the member,
    and every member may SET ROLE.
    """
    options = _OPTIONS if version >= 160000 else _OPTIONS_BEFORE_16
    return (
        f"SELECT b.rolname, r.rolname, {options}, bool_or(m.admin_option)"  # noqa: S608 (constants)
        " FROM pg_catalog.pg_auth_members m"
        " JOIN pg_catalog.pg_roles b ON b.oid = m.member"
        " JOIN pg_catalog.pg_roles r ON r.oid = m.roleid"
        " GROUP BY b.rolname, r.rolname ORDER BY b.rolname, r.rolname"
    )


def roles_from(
    roles: Iterable[tuple[Any, ...]], memberships: Iterable[tuple[Any, ...]]
) -> tuple[Role, ...]:
    """The roles behind the rows of `ROLES` and of the memberships."""
    of: dict[str, list[Membership]] = {}
    for member, role, inherit, may_set, admin in memberships:
        of.setdefault(member, []).append(Membership(role, inherit, may_set, admin))
    return tuple(
        Role(
            name=name,
            login=login,
            superuser=superuser,
            bypass_rls=bypass,
            create_role=create,
            replication=replication,
            valid_until=until,
            member_of=tuple(of.get(name, ())),
        )
        for name, login, superuser, bypass, create, replication, until in roles
    )


class Closure:
    """Who reaches which role, by inheriting it or by SET ROLE, worked out once per role."""

    def __init__(self, roles: Mapping[str, Role], *, apart: Iterable[str] = ()) -> None:
        """`apart` are logins that nobody is to be counted among the people, such as our own."""
        self._roles = roles
        self.people = frozenset(
            role.name for role in roles.values() if role.login and not role.superuser
        ) - frozenset(apart)
        self._reaches: dict[str, frozenset[str]] = {}
        self._reached_by: dict[str, frozenset[str]] | None = None

    def uses(self, name: str) -> frozenset[str]:
        """The roles whose rights `name` has without SET ROLE, itself included (USAGE)."""
        return self._follow(name, lambda step: step.inherit)

    def becomes(self, name: str) -> frozenset[str]:
        """The roles that `name` can SET ROLE to, itself included."""
        role = self._roles.get(name)
        if role is not None and role.superuser:
            return frozenset(self._roles)
        return self._follow(name, lambda step: step.set)

    def member_of(self, name: str) -> frozenset[str]:
        """The roles that `name` belongs to by any path, itself included (MEMBER)."""
        return self._follow(name, lambda step: True)

    def reaches(self, name: str) -> frozenset[str]:
        """The roles whose rights `name` can ever exercise, itself included."""
        if name not in self._reaches:
            found: set[str] = set()
            for role in self.becomes(name):
                found |= self.uses(role)
            self._reaches[name] = frozenset(found)
        return self._reaches[name]

    def people_reaching(self, role: str) -> frozenset[str]:
        """The people who reach this role: roles that can log in, superusers and ours apart."""
        if self._reached_by is None:
            reached: dict[str, set[str]] = {}
            for person in self.people:
                for found in self.reaches(person):
                    reached.setdefault(found, set()).add(person)
            self._reached_by = {name: frozenset(people) for name, people in reached.items()}
        return self._reached_by.get(role, frozenset())

    def _follow(self, name: str, allowed: Callable[[Membership], bool]) -> frozenset[str]:
        found, waiting = {name}, [name]
        while waiting:
            role = self._roles.get(waiting.pop())
            for step in role.member_of if role else ():
                if step.role not in found and allowed(step):
                    found.add(step.role)
                    waiting.append(step.role)
        return frozenset(found)
