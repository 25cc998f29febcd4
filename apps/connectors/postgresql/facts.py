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

_ROLES = r"""
SELECT r.rolname, pg_catalog.shobj_description(r.oid, 'pg_authid'),
       r.rolcanlogin OR r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb
       OR r.rolreplication
FROM pg_catalog.pg_roles r
WHERE r.rolname LIKE 'gov\_%%' AND (%(stem)s = '' OR starts_with(r.rolname, %(stem)s)
                                   OR r.rolname = 'gov_owner')
ORDER BY r.rolname
"""

_MEMBERSHIPS = r"""
SELECT r.rolname, b.rolname, coalesce(g.rolname, ''), m.admin_option, {options}
FROM pg_catalog.pg_auth_members m
JOIN pg_catalog.pg_roles r ON r.oid = m.roleid
JOIN pg_catalog.pg_roles b ON b.oid = m.member
LEFT JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
WHERE (r.rolname LIKE 'gov\_%%' OR b.rolname LIKE 'gov\_%%')
  AND (%(stem)s = '' OR starts_with(r.rolname, %(stem)s) OR starts_with(b.rolname, %(stem)s)
       OR r.rolname = 'gov_owner' OR b.rolname = 'gov_owner')
ORDER BY 1, 2, 3
"""

_FOUND = """
SELECT c.oid::bigint FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(name)s
UNION
SELECT d.objoid::bigint FROM pg_catalog.pg_description d
JOIN pg_catalog.pg_class c ON c.oid = d.objoid
WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.description LIKE %(hint)s
  AND c.relnamespace = pg_catalog.to_regnamespace('gov')
UNION
SELECT p.polrelid::bigint FROM pg_catalog.pg_description d
JOIN pg_catalog.pg_policy p ON p.oid = d.objoid
WHERE d.classoid = 'pg_catalog.pg_policy'::regclass AND d.description LIKE %(hint)s
UNION
SELECT unnest(%(also)s::bigint[])
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
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
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
FROM pg_catalog.pg_attribute t
JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) a
LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
LEFT JOIN pg_catalog.pg_roles o ON o.oid = a.grantor
WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND a.grantee <> c.relowner
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_ABOUT}
ORDER BY 1, 2, 3, 4
"""  # noqa: S608

_USAGE = r"""
SELECT n.nspname, r.rolname, o.rolname FROM pg_catalog.pg_namespace n
CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) a
JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
JOIN pg_catalog.pg_roles o ON o.oid = a.grantor
WHERE a.privilege_type = 'USAGE' AND r.rolname LIKE 'gov\_%%'
  AND (%(stem)s = '' OR starts_with(r.rolname, %(stem)s) OR r.rolname = 'gov_owner')
"""

_READS = """
SELECT DISTINCT w.ev_class::bigint, n.nspname, c.relname, a.attname
FROM pg_catalog.pg_rewrite w
JOIN pg_catalog.pg_class v ON v.oid = w.ev_class
JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace AND vn.nspname = 'gov'
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


def read_facts(
    connection: psycopg.Connection[Any],
    *,
    stem: str = "",
    schema: str = "",
    name: str = "",
    hint: str = "",
    also: Sequence[int] = (),
) -> Facts:
    """The rows in the transaction that the connection is in.

    Without a `stem` those of the whole database; with one, those of our roles that begin so, of
    the table `schema`.`name`, of what carries `hint` in its comment and of the oids `also`.
    Raises Unreachable when anything cannot be read: absence is never concluded from an error.
    """
    about: dict[str, Any] = {
        "all": not stem,
        "stem": stem,
        "schema": schema,
        "name": name,
        "hint": f"%{_escaped(hint)}%",
        "also": list(also),
        "found": [],
    }
    options = _OPTIONS if connection.info.server_version >= OPTIONS_SINCE else _OPTIONS_BEFORE

    def rows(query: str) -> Sequence[tuple[Any, ...]]:
        return connection.execute(query.encode(), about).fetchall()

    try:
        at, server = read_clock(connection)
        if stem:
            about["found"] = [oid for (oid,) in rows(_FOUND)]
        return Facts(
            version=connection.info.server_version,
            server=server,
            at=at,
            roles=rows(_ROLES),
            memberships=rows(_MEMBERSHIPS.format(options=options)),
            tables=rows(_TABLES),
            policies=rows(_POLICIES),
            views=rows(_VIEWS),
            rights=rows(_RIGHTS),
            usage=rows(_USAGE),
            reads=rows(_READS),
            settings=rows(_SETTINGS),
            schemas=rows(_SCHEMAS),
        )
    except psycopg.Error as error:
        raise Unreachable(f"What stands there could not be read: {error}") from error


def read_clock(connection: psycopg.Connection[Any]) -> tuple[datetime, str]:
    """The server's own instant, and which server it is."""
    ((at, server),) = connection.execute(_NOW).fetchall()
    return at, f"PostgreSQL {server.split()[0]}"


def hint_of(dataset: str) -> str:
    """What the comment of everything about a dataset contains."""
    return names.mark_of(dataset=dataset).partition("{")[2].rstrip("}")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
