"""What stands in a database, as catalog rows: the whole estate, or what is about one dataset.

Each kind of thing is one query, however many there are of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from apps.connectors.contracts import Unreachable
from apps.connectors.names import qualified
from apps.connectors.postgresql import names

OPTIONS_SINCE = 160000
"""Since this version a membership has its own options INHERIT and SET."""

_OPTIONS = "m.inherit_option, m.set_option"
_OPTIONS_BEFORE = "true, true"

_ROLES = """
SELECT r.rolname, pg_catalog.shobj_description(r.oid, 'pg_authid'),
       r.rolcanlogin OR r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb
       OR r.rolreplication,
       r.oid::bigint
FROM pg_catalog.pg_roles r
WHERE r.rolname >= %(stem)s::name AND r.rolname < %(past)s::name OR r.rolname = 'gov_owner'
ORDER BY r.rolname
"""

_MEMBERSHIPS = """
SELECT r.rolname, b.rolname, coalesce(g.rolname, ''), m.admin_option, {options}
FROM pg_catalog.pg_auth_members m
JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
JOIN pg_catalog.pg_roles b ON b.oid = m.member
LEFT JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
WHERE m.roleid = ANY(%(roles)s::oid[]) OR m.member = ANY(%(roles)s::oid[])
ORDER BY 1, 2, 3
"""

_FOUND = """
SELECT c.oid::bigint FROM pg_catalog.pg_class c
WHERE c.relname = %(name)s
  AND c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = %(schema)s)
UNION
SELECT c.oid::bigint FROM pg_catalog.pg_class c
WHERE c.relname = ANY(%(views)s::name[])
  AND c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'gov')
"""

_MARKED = """
SELECT d.description, c.oid::bigint
FROM pg_catalog.pg_description d
JOIN pg_catalog.pg_class c ON c.oid = d.objoid
WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
  AND starts_with(d.description, %(mark)s)
  AND c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'gov')
UNION ALL
SELECT d.description, p.polrelid::bigint
FROM pg_catalog.pg_description d
JOIN pg_catalog.pg_policy p ON p.oid = d.objoid
WHERE d.classoid = 'pg_catalog.pg_policy'::regclass AND starts_with(d.description, %(mark)s)
"""

_ABOUT = """
n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND (%(all)s OR c.oid = ANY(%(found)s::bigint[]::oid[]))
"""

_TABLES = f"""
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
       o.rolname, c.reloptions
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND {_ABOUT}
ORDER BY n.nspname, c.relname
"""  # noqa: S608 (all parts are constants)

_POLICIES = f"""
SELECT c.oid::bigint, p.polname, p.polpermissive, p.polcmd,
       ARRAY(SELECT coalesce(r.rolname, '') FROM unnest(p.polroles) u
             LEFT JOIN pg_catalog.pg_roles r ON r.oid = u ORDER BY 1),
       pg_catalog.pg_get_expr(p.polqual, p.polrelid),
       pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
       pg_catalog.obj_description(p.oid, 'pg_policy'),
       CASE WHEN p.polname = 'gov_row' THEN (
         SELECT md5(string_agg(concat_ws(' ', a.attname, a.atttypid, a.atttypmod, a.attcollation),
                               ',' ORDER BY a.attnum))
         FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid
WHERE {_ABOUT}
ORDER BY 1, 2
"""  # noqa: S608

_VIEWS = """
SELECT c.oid::bigint, c.relname, o.rolname, coalesce(c.reloptions, '{}'),
       pg_catalog.pg_get_viewdef(c.oid), pg_catalog.obj_description(c.oid, 'pg_class'), c.relkind
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
WHERE n.nspname = 'gov' AND c.relkind IN ('r', 'v', 'm')
  AND (%(all)s OR c.oid = ANY(%(found)s::bigint[]::oid[]))
ORDER BY c.relname
"""

_RIGHTS = f"""
SELECT c.oid::bigint, NULL, coalesce(g.rolname, ''), a.privilege_type, a.is_grantable,
       coalesce(o.rolname, '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
LEFT JOIN pg_catalog.pg_roles o ON o.oid = a.grantor
WHERE c.relacl IS NOT NULL AND a.grantee <> c.relowner AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND {_ABOUT}
UNION ALL
SELECT c.oid::bigint, t.attname, coalesce(g.rolname, ''), a.privilege_type, a.is_grantable,
       coalesce(o.rolname, '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid
CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) a
LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
LEFT JOIN pg_catalog.pg_roles o ON o.oid = a.grantor
WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND a.grantee <> c.relowner
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_ABOUT}
ORDER BY 1, 2, 3, 4
"""  # noqa: S608

_USAGE = """
SELECT n.nspname, r.rolname FROM pg_catalog.pg_namespace n
CROSS JOIN LATERAL pg_catalog.aclexplode(
  CASE WHEN n.nspacl <> '{}' THEN array_cat(n.nspacl, '{}') END) a
JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE a.privilege_type = 'USAGE'
  AND (r.rolname >= %(stem)s::name AND r.rolname < %(past)s::name OR r.rolname = 'gov_owner')
"""
"""`array_cat` unpacks the list once; given as it is stored, it is unpacked anew for each entry."""

_USAGE_OF_FEW = """
SELECT n.nspname, r.rolname
FROM pg_catalog.pg_shdepend d
JOIN pg_catalog.pg_namespace n ON n.oid = d.objid
JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
WHERE d.refclassid = 'pg_catalog.pg_authid'::regclass AND d.refobjid = ANY(%(roles)s::oid[])
  AND d.classid = 'pg_catalog.pg_namespace'::regclass AND d.deptype = 'a'
  AND d.dbid::bigint = (SELECT oid::bigint FROM pg_catalog.pg_database
                        WHERE datname = current_database())
  AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
"""
"""The same without taking a list apart that has an entry for each of our roles. The cast keeps
the database's number, which most rows share, from being taken for a good key."""

_READS = """
SELECT DISTINCT w.ev_class::bigint, n.nspname, c.relname, a.attname
FROM pg_catalog.pg_class v
JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace AND vn.nspname = 'gov'
JOIN pg_catalog.pg_rewrite w ON w.ev_class = v.oid
JOIN pg_catalog.pg_depend d
  ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
 AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.ev_class
JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname <> 'govk'
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE a.attnum > 0 AND (%(all)s OR v.oid = ANY(%(found)s::bigint[]::oid[]))
"""

_SETTINGS = """
SELECT coalesce(r.rolname, ''), s.setdatabase <> 0, s.setconfig,
       coalesce(r.rolsuper AND r.rolcanlogin, false)
FROM pg_catalog.pg_db_role_setting s
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database
                            WHERE datname = current_database()))
ORDER BY 1, 2
"""

_SCHEMAS = """
SELECT n.nspname, o.rolname, pg_catalog.obj_description(n.oid, 'pg_namespace')
FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner
WHERE n.nspname IN ('gov', 'govk')
"""

_NOW = "SELECT pg_catalog.now(), current_setting('server_version')"


@dataclass(frozen=True, slots=True)
class Facts:
    """Catalog rows of one instant, by kind."""

    version: int
    server: str
    at: datetime
    roles: Sequence[tuple[Any, ...]]
    memberships: Sequence[tuple[Any, ...]]
    tables: Sequence[tuple[Any, ...]]
    policies: Sequence[tuple[Any, ...]]
    views: Sequence[tuple[Any, ...]]
    rights: Sequence[tuple[Any, ...]]
    usage: Sequence[tuple[Any, ...]]
    reads: Sequence[tuple[Any, ...]]
    settings: Sequence[tuple[Any, ...]]
    schemas: Sequence[tuple[Any, ...]]

    @property
    def names(self) -> Mapping[int, str]:
        """Every table and view by its oid."""
        return {row[0]: qualified(row[1], row[2]) for row in self.tables}


@dataclass(frozen=True, slots=True)
class About:
    """What belongs to one document: our roles whose names begin so, and these tables and views.

    `marked` are the oids of what carries its mark, wherever that went (`marked_by_dataset`).
    """

    stem: str
    schema: str = ""
    name: str = ""
    marked: Sequence[int] = ()

    @property
    def views(self) -> list[str]:
        """The names that our view of it may have."""
        return [names.view_name(self.schema, self.name, others) for others in (_NONE, _SOME)]


_NONE: frozenset[str] = frozenset()
_SOME = frozenset({""})
_EVERYTHING = About(names.PREFIX)


def read_facts(connection: psycopg.Connection[Any], about: About = _EVERYTHING) -> Facts:
    """The rows in the transaction that the connection is in; all, or those about one document.

    The latter are found by their keys, so that it takes the same time in a database of any size.
    Raises Unreachable when anything cannot be read: absence is never concluded from an error.
    """
    wanted: dict[str, Any] = {
        "all": about is _EVERYTHING,
        "stem": about.stem,
        "past": about.stem[:-1] + chr(ord(about.stem[-1]) + 1),
        "schema": about.schema,
        "name": about.name,
        "views": about.views,
        "found": list(about.marked),
    }
    options = _OPTIONS if connection.info.server_version >= OPTIONS_SINCE else _OPTIONS_BEFORE

    def ask(query: str) -> psycopg.Cursor[tuple[Any, ...]]:
        return connection.execute(query.encode(), wanted)

    try:
        at, server = read_clock(connection)
        if about.name:
            wanted["found"] += [oid for (oid,) in ask(_FOUND).fetchall()]
        roles = ask(_ROLES).fetchall()
        wanted["roles"] = [row[3] for row in roles]
        with connection.pipeline():  # the rest in one way there and back
            rest = {
                "memberships": ask(_MEMBERSHIPS.format(options=options)),
                "tables": ask(_TABLES),
                "policies": ask(_POLICIES),
                "views": ask(_VIEWS),
                "rights": ask(_RIGHTS),
                "usage": ask(_USAGE if wanted["all"] else _USAGE_OF_FEW),
                "reads": ask(_READS),
                "settings": ask(_SETTINGS),
                "schemas": ask(_SCHEMAS),
            }
            found = {kind: cursor.fetchall() for kind, cursor in rest.items()}
        return Facts(
            version=connection.info.server_version,
            server=server,
            at=at,
            roles=[row[:3] for row in roles],
            **found,
        )
    except psycopg.Error as error:
        raise Unreachable(f"What stands there could not be read: {error}") from error


def marked_by_dataset(connection: psycopg.Connection[Any]) -> Mapping[str, Sequence[int]]:
    """The tables with policies of ours, and our views, by the dataset that their marks name.

    Some may be renamed since, or of a dataset that is gone. Raises Unreachable as `read_facts`.
    """
    found: dict[str, list[int]] = {}
    try:
        rows = connection.execute(_MARKED.encode(), {"mark": names.MARK}).fetchall()
    except psycopg.Error as error:
        raise Unreachable(f"What is ours there could not be read: {error}") from error
    for comment, oid in rows:
        if dataset := names.mark_in(comment).get("dataset"):
            found.setdefault(dataset, []).append(oid)
    return found


def read_clock(connection: psycopg.Connection[Any]) -> tuple[datetime, str]:
    """The server's own instant, and which server it is."""
    ((at, server),) = connection.execute(_NOW).fetchall()
    return at, f"PostgreSQL {server.split()[0]}"
