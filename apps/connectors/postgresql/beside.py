"""What others made around a table that a take-over leaves, told before anybody approves one."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg

from apps.connectors.contracts import Beside
from apps.connectors.postgresql import names, settings

PUBLIC = "PUBLIC"

_WRITING = """
SELECT coalesce(g.rolname, 'PUBLIC'), a.privilege_type, ''
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
LEFT JOIN pg_roles g ON g.oid = a.grantee
WHERE c.oid = %(on)s AND a.privilege_type <> 'SELECT' AND a.grantee <> c.relowner
UNION
SELECT coalesce(g.rolname, 'PUBLIC'), a.privilege_type, t.attname
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped
CROSS JOIN LATERAL aclexplode(t.attacl) a
LEFT JOIN pg_roles g ON g.oid = a.grantee
WHERE c.oid = %(on)s AND a.privilege_type <> 'SELECT' AND a.grantee <> c.relowner
ORDER BY 1, 2, 3
"""

_POLICIES = """
SELECT p.polname, p.polpermissive, p.polcmd,
       ARRAY(SELECT coalesce(r.rolname, 'PUBLIC') FROM unnest(p.polroles) x(role)
             LEFT JOIN pg_roles r ON r.oid = x.role ORDER BY 1),
       coalesce(pg_get_expr(p.polqual, p.polrelid), ''), c.relrowsecurity
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE p.polrelid = %(on)s AND p.polname NOT IN ('gov_row', 'gov_pass') ORDER BY 1
"""

_DEFAULTS = """
SELECT o.rolname, coalesce(n.nspname, ''), coalesce(g.rolname, 'PUBLIC'),
       string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
FROM pg_class c JOIN pg_default_acl d ON d.defaclrole = c.relowner AND d.defaclobjtype = 'r'
  AND d.defaclnamespace IN (0, c.relnamespace)
JOIN pg_roles o ON o.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL aclexplode(d.defaclacl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
WHERE c.oid = %(on)s AND a.grantee <> d.defaclrole
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

_DATABASE_PATH = """
SELECT unnest(s.setconfig) FROM pg_db_role_setting s
WHERE s.setrole = 0
  AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_LOGINS = """
SELECT r.rolname FROM pg_roles r
WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolname = ANY(%(ours)s)
  AND (%(grantee)s = 'PUBLIC' OR pg_has_role(r.oid, to_regrole(quote_ident(%(grantee)s)), 'MEMBER'))
ORDER BY 1
"""

_COMMANDS = {"*": "every command", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}


def logins_of(
    connection: psycopg.Connection[Any], grantee: str, ours: frozenset[str]
) -> tuple[str, ...]:
    """The people who can log in and have what a role, or PUBLIC, was given; ours are nobody."""
    values = {"ours": list(ours), "grantee": grantee}
    return tuple(name for (name,) in connection.execute(_LOGINS.encode(), values).fetchall())


def left_alone(
    connection: psycopg.Connection[Any], on: int, ours: frozenset[str]
) -> Iterator[Beside]:
    """What others made that bears on the table with this oid and stays when it is taken over."""
    yield from _writing(connection, on, ours)
    yield from _policies(connection, on, ours)
    yield from _defaults(connection, on, ours)


def database_path(connection: psycopg.Connection[Any]) -> Iterator[Beside]:
    """The path that somebody set for the database: ours goes before it with the first view."""
    config = [row[0] for row in connection.execute(_DATABASE_PATH).fetchall()]
    path = settings.path_in(config)
    if path is not None and names.SCHEMA not in settings.schemas_of(path):
        yield Beside(
            "setting",
            f"The database's search_path, {path}, becomes {settings.with_ours(path)} as soon as "
            "a view of ours stands, and is put back with the last one.",
            (),
            changed=True,
        )


def _rows(connection: psycopg.Connection[Any], query: str, on: int) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode(), {"on": on}).fetchall()


def _writing(
    connection: psycopg.Connection[Any], on: int, ours: frozenset[str]
) -> Iterator[Beside]:
    given: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for grantee, privilege, column in _rows(connection, _WRITING, on):
        if not names.looks_ours(grantee) and grantee not in ours:
            given[grantee].setdefault(privilege, []).append(column)
    for grantee, rights in given.items():
        yield Beside(
            "writing",
            f"{grantee} keeps {_listed(rights)}: a write that names no column reaches every row.",
            logins_of(connection, grantee, ours),
        )


def _listed(rights: dict[str, list[str]]) -> str:
    return ", ".join(
        right if "" in columns else f"{right} ({', '.join(columns)})"
        for right, columns in rights.items()
    )


def _policies(
    connection: psycopg.Connection[Any], on: int, ours: frozenset[str]
) -> Iterator[Beside]:
    for name, permissive, command, roles, using, enabled in _rows(connection, _POLICIES, on):
        people = {person for role in roles for person in logins_of(connection, role, ours)}
        kind = "permissive" if permissive else "restrictive"
        yield Beside(
            "policy",
            f"The row policy {name} ({kind}, {_COMMANDS[command]}, for {', '.join(roles)}) stays"
            + ("" if enabled else ", though row security is off")
            + f", USING ({using or 'nothing'}): rows that it hides stay hidden, whatever is "
            "decided here.",
            tuple(sorted(people)),
        )


def _defaults(
    connection: psycopg.Connection[Any], on: int, ours: frozenset[str]
) -> Iterator[Beside]:
    for owner, schema, grantee, rights in _rows(connection, _DEFAULTS, on):
        where = f"in {schema}" if schema else "in every schema"
        yield Beside(
            "default",
            f"Whatever {owner} creates {where}, partitions of this included, gives {grantee} "
            f"{rights} at once.",
            logins_of(connection, grantee, ours),
        )
