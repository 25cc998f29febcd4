"""The catalog queries of a scan, one for each kind of thing, and the rows they answer with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

OURS = ("gov", "govk")
"""The schemas that hold what we made ourselves: never listed as somebody's data."""

_NOT_SYSTEM = r"""n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"""

RELATIONS = f"""
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind, c.relispartition, r.rolname,
       coalesce(d.description, ''),
       coalesce(lower(o.value) IN ('true', 'on', 'yes', '1'), false),
       c.reltuples::bigint,
       (c.relpages + coalesce(t.relpages, 0))::bigint * current_setting('block_size')::bigint
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_description d
       ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = 0
LEFT JOIN LATERAL (SELECT option_value AS value FROM pg_catalog.pg_options_to_table(c.reloptions)
                   WHERE option_name = 'security_invoker') o ON true
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND {_NOT_SYSTEM}
ORDER BY n.nspname, c.relname
"""  # noqa: S608 (the condition is a constant)

COLUMNS = f"""
SELECT a.attrelid::bigint, a.attnum, a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       coalesce(d.description, '')
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description d
       ON d.objoid = a.attrelid AND d.classoid = 'pg_catalog.pg_class'::regclass
      AND d.objsubid = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND {_NOT_SYSTEM}
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""  # noqa: S608

KEYS = """
SELECT conrelid::bigint, conname, contype, conkey::int[], confrelid::bigint,
       coalesce(confkey::int[], '{}'), confdeltype
FROM pg_catalog.pg_constraint
WHERE contype IN ('p', 'u', 'f') AND conrelid <> 0
ORDER BY conrelid, conname
"""

PARENTS = """
SELECT inhrelid::bigint, inhparent::bigint FROM pg_catalog.pg_inherits ORDER BY inhrelid, inhseqno
"""

READS = """
SELECT DISTINCT w.ev_class::bigint, d.refobjid::bigint, w.rulename = '_RETURN', w.rulename
FROM pg_catalog.pg_rewrite w
JOIN pg_catalog.pg_depend d
  ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
 AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> w.ev_class
WHERE w.ev_class >= 16384 AND d.refobjid >= 16384
"""

PRIVILEGES = f"""
SELECT c.oid::bigint, NULL::int, coalesce(g.rolname, ''), a.privilege_type, coalesce(o.rolname, '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
LEFT JOIN pg_catalog.pg_roles o ON o.oid = a.grantor
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND {_NOT_SYSTEM}
  AND c.relacl IS NOT NULL AND a.grantee <> c.relowner
UNION ALL
SELECT c.oid::bigint, t.attnum, coalesce(g.rolname, ''), a.privilege_type, coalesce(o.rolname, '')
FROM pg_catalog.pg_attribute t
JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) a
LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
LEFT JOIN pg_catalog.pg_roles o ON o.oid = a.grantor
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND {_NOT_SYSTEM}
  AND t.attacl IS NOT NULL AND NOT t.attisdropped AND a.grantee <> c.relowner
"""  # noqa: S608

FUNCTIONS = f"""
SELECT p.oid::bigint, p.oid::regprocedure::text, n.nspname, r.rolname, l.lanname, p.prosrc,
       p.prosqlbody IS NOT NULL,
       coalesce((SELECT array_agg(s) FROM unnest(p.proconfig) s
                 WHERE s LIKE 'search_path=%'), '{{}}'),
       coalesce((SELECT array_agg(DISTINCT coalesce(g.rolname, ''))
                 FROM pg_catalog.aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                 LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
                 WHERE a.privilege_type = 'EXECUTE' AND a.grantee <> p.proowner), '{{}}'),
       coalesce((SELECT array_agg(DISTINCT d.refobjid::bigint) FROM pg_catalog.pg_depend d
                 WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid
                   AND d.refclassid = 'pg_catalog.pg_class'::regclass), '{{}}')
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE p.prosecdef AND p.oid >= 16384 AND {_NOT_SYSTEM}
  AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
ORDER BY 2
"""  # noqa: S608

PUBLICATIONS = """
SELECT p.pubname, c.oid::bigint
FROM pg_catalog.pg_publication p
CROSS JOIN LATERAL pg_catalog.pg_get_publication_tables(p.pubname) g
JOIN pg_catalog.pg_class c ON c.oid = g.relid
ORDER BY 1, 2
"""

DEFAULTS = """
SELECT o.rolname, coalesce(n.nspname, ''), coalesce(g.rolname, ''), a.privilege_type
FROM pg_catalog.pg_default_acl d
JOIN pg_catalog.pg_roles o ON o.oid = d.defaclrole
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) a
LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
WHERE d.defaclobjtype = 'r' AND a.grantee <> d.defaclrole
ORDER BY 1, 2, 3, 4
"""

FOREIGN = """
SELECT f.ftrelid::bigint, s.srvname, w.fdwname,
       coalesce((SELECT option_value FROM pg_options_to_table(s.srvoptions)
                 WHERE option_name = 'dbname'), ''),
       coalesce((SELECT option_value FROM pg_options_to_table(f.ftoptions)
                 WHERE option_name = 'schema_name'), ''),
       coalesce((SELECT option_value FROM pg_options_to_table(f.ftoptions)
                 WHERE option_name = 'table_name'), '')
FROM pg_catalog.pg_foreign_table f
JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
ORDER BY 1
"""

SERVER = """
SELECT current_setting('server_version_num')::int, current_setting('server_version'),
       current_database(), pg_catalog.now(),
       coalesce((SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10), '')
"""
"""The role with oid 10 is the one that the server was made with: nothing takes its powers."""


@dataclass(frozen=True, slots=True)
class Function:
    """A SECURITY DEFINER function that a person can call; `reads` are oids known for certain."""

    name: str
    schema: str
    owner: str
    language: str
    source: str
    parsed: bool
    search_path: str
    callers: tuple[str, ...]
    reads: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Every row that the catalog queries answered with, by kind, all of one instant."""

    version: int
    server: str
    database: str
    at: Any
    first_superuser: str
    relations: list[tuple[Any, ...]]
    columns: list[tuple[Any, ...]]
    keys: list[tuple[Any, ...]]
    parents: list[tuple[int, int]]
    reads: list[tuple[int, int, bool, str]]
    privileges: list[tuple[Any, ...]]
    functions: list[Function]
    publications: list[tuple[str, int]]
    defaults: list[tuple[str, str, str, str]]
    foreign: list[tuple[Any, ...]]
    roles: list[tuple[Any, ...]]
    memberships: list[tuple[Any, ...]]


def _rows(connection: psycopg.Connection[Any], query: str) -> list[Any]:
    return connection.execute(query.encode()).fetchall()


def _functions(rows: Iterable[tuple[Any, ...]]) -> list[Function]:
    return [
        Function(
            name=name,
            schema=schema,
            owner=owner,
            language=language,
            source=source,
            parsed=parsed,
            search_path=path[0].partition("=")[2] if path else "",
            callers=tuple(callers),
            reads=tuple(reads),
        )
        for _, name, schema, owner, language, source, parsed, path, callers, reads in rows
    ]


def read_listing(connection: psycopg.Connection[Any], *, roles: str, memberships: str) -> Listing:
    """Ask every catalog query once, within the transaction that the connection is in."""
    ((version, server, database, at, first),) = _rows(connection, SERVER)
    return Listing(
        version=version,
        server=server,
        database=database,
        at=at,
        first_superuser=first,
        relations=_rows(connection, RELATIONS),
        columns=_rows(connection, COLUMNS),
        keys=_rows(connection, KEYS),
        parents=_rows(connection, PARENTS),
        reads=_rows(connection, READS),
        privileges=_rows(connection, PRIVILEGES),
        functions=_functions(_rows(connection, FUNCTIONS)),
        publications=_rows(connection, PUBLICATIONS),
        defaults=_rows(connection, DEFAULTS),
        foreign=_rows(connection, FOREIGN),
        roles=_rows(connection, roles),
        memberships=_rows(connection, memberships),
    )
