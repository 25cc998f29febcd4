"""Ways past our rules that belong to a role: they reach whatever the system holds."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from psycopg import sql

from apps.connectors.contracts import Bypass, Role
from apps.connectors.postgresql.listing import Listing
from apps.connectors.postgresql.roles import Closure

PREDEFINED = {
    "pg_read_all_data": (
        "read_all_data",
        "reads every table and view as it stands: masks in views are passed by, and so is any "
        "table on which row security is not enabled",
    ),
    "pg_write_all_data": (
        "write_all_data",
        "writes every table, also those that decide what others may see",
    ),
    "pg_read_server_files": (
        "server_files",
        "reads files of the server, among them the tables themselves",
    ),
    "pg_execute_server_program": (
        "server_programs",
        "runs programs on the server as its operating-system user",
    ),
}
ROLES_BEFORE_ADMIN_OPTION = 160000


def statement(template: str, *names: str) -> str:
    """An SQL statement for a person to run, with its names quoted where they must be."""
    return sql.SQL(template).format(*(sql.Identifier(name) for name in names)).as_string()


def over_the_system(
    listing: Listing, roles: Mapping[str, Role], closure: Closure
) -> Iterator[Bypass]:
    """Superusers, BYPASSRLS, REPLICATION, CREATEROLE, powerful memberships, owners, defaults."""
    for role in roles.values():
        yield from _attributes(listing, role, closure)
    yield from _predefined(closure)
    yield from _admin_only(roles, closure)
    yield from _owners(listing, closure)
    yield from _defaults(listing, closure)


def _attributes(listing: Listing, role: Role, closure: Closure) -> Iterator[Bypass]:
    if role.superuser:
        if role.login:
            yield _of_role(
                "superuser",
                role.name,
                (role.name,),
                f"{role.name} is a superuser: no row filter and no mask holds against it.",
                _less_superuser(role.name, first=role.name == listing.first_superuser),
            )
        return
    # Attributes are not inherited: only SET ROLE gives them.
    people = tuple(
        sorted(p for p in closure.people_reaching(role.name) if role.name in closure.becomes(p))
    )
    if role.bypass_rls and people:
        yield _of_role(
            "bypass_rls",
            role.name,
            people,
            f"{role.name} has BYPASSRLS: row filters on tables do not hold against it.",
            statement("ALTER ROLE {} NOBYPASSRLS", role.name),
        )
    if role.replication and people:
        yield _of_role(
            "replication",
            role.name,
            people,
            f"{role.name} has REPLICATION: it can read every published row without any SELECT.",
            statement("ALTER ROLE {} NOREPLICATION", role.name),
        )
    if role.create_role and people and listing.version < ROLES_BEFORE_ADMIN_OPTION:
        yield _of_role(
            "create_role",
            role.name,
            people,
            f"{role.name} has CREATEROLE, and before PostgreSQL 16 that is enough to grant itself "
            "any role that is not a superuser.",
            statement("ALTER ROLE {} NOCREATEROLE", role.name),
        )


def _less_superuser(name: str, *, first: bool) -> str:
    """The role that the server was made with stays one; who signs in as it can be chosen."""
    if not first:
        return statement("ALTER ROLE {} NOSUPERUSER", name)
    return (
        f"{name} is the role that the server was made with and stays a superuser. See who can sign "
        "in as it: in pg_hba.conf let it in from the server itself alone, keep its password from "
        "people, and give those who administer roles of their own."
    )


def _predefined(closure: Closure) -> Iterator[Bypass]:
    for name, (kind, does) in PREDEFINED.items():
        for person in sorted(closure.people_reaching(name)):
            yield _of_role(
                kind,
                person,
                (person,),
                f"{person} is a member of {name}, which {does}.",
                statement("REVOKE {} FROM {}", name, person)
                + "; where the membership is through a group, from that group.",
            )


def _admin_only(roles: Mapping[str, Role], closure: Closure) -> Iterator[Bypass]:
    """Members who have nothing of a role today but can give it to themselves."""
    for role in (roles[person] for person in sorted(closure.people)):
        for step in role.member_of:
            if step.admin and not step.inherit and not step.set:
                yield _of_role(
                    "admin_option",
                    f"{role.name} in {step.role}",
                    (role.name,),
                    f"{role.name} has ADMIN on {step.role} and can grant itself that role.",
                    statement("REVOKE ADMIN OPTION FOR {} FROM {}", step.role, role.name),
                )


def _owners(listing: Listing, closure: Closure) -> Iterator[Bypass]:
    """Who can act as the owner of tables: the owner itself is expected to, its members not."""
    owned: dict[str, int] = defaultdict(int)
    for _, _, _, kind, _, owner, *_ in listing.relations:
        owned[owner] += kind in "rp"
    for owner, tables in sorted(owned.items()):
        members = tuple(sorted(closure.people_reaching(owner) - {owner}))
        if tables and members:
            yield _of_role(
                "owner_member",
                owner,
                members,
                f"{', '.join(members)} can act as {owner}, the owner of {tables} tables: row "
                "security does not hold against owners, and an owner can switch it off.",
                "; ".join(statement("REVOKE {} FROM {}", owner, member) for member in members)
                + "; where the membership is through a group, from that group.",
            )


def _defaults(listing: Listing, closure: Closure) -> Iterator[Bypass]:
    """Rights that tables and partitions get the moment that they are created."""
    given: dict[tuple[str, str], set[str]] = defaultdict(set)
    for owner, schema, grantee, privilege in listing.defaults:
        if privilege == "SELECT":
            given[owner, schema].add(grantee)
    for (owner, schema), grantees in sorted(given.items()):
        people = gaining(grantees, closure)
        where = f"in schema {schema}" if schema else "in every schema"
        to = ", ".join(sorted(grantee or "PUBLIC" for grantee in grantees))
        revoke = [
            statement(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {}"  # noqa: S608 (constants)
                + (" IN SCHEMA {}" if schema else "")
                + " REVOKE SELECT ON TABLES FROM "
                + ("{}" if grantee else "PUBLIC"),
                *(part for part in (owner, schema, grantee) if part),
            )
            for grantee in sorted(grantees)
        ]
        yield _of_role(
            "default_privileges",
            f"{owner} {where}",
            people,
            f"Whatever {owner} creates {where}, partitions included, is readable by {to} at once.",
            "; ".join(revoke),
        )


def gaining(grantees: set[str], closure: Closure) -> tuple[str, ...]:
    """The people whom a right of these roles reaches; everybody is `PUBLIC`."""
    if "" in grantees:
        return ("PUBLIC",)
    people: set[str] = set()
    for grantee in grantees:
        people |= closure.people_reaching(grantee)
    return tuple(sorted(people))


def _of_role(kind: str, through: str, people: tuple[str, ...], text: str, remedy: str) -> Bypass:
    return Bypass(
        kind=kind, dataset="", through=through, principals=people, text=text, remedy=remedy
    )
