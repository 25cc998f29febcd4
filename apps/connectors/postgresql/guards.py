"""What makes a document refused although it could be written: asked of the live catalog.

The last scan may be hours old, and some of this no scan knows. The checks run at the end of the
write's own transaction, so that a refusal leaves nothing behind.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from apps.connectors.contracts import Document, Refused
from apps.connectors.names import parts
from apps.connectors.postgresql import names
from apps.connectors.postgresql.facts import OPTIONS_SINCE

_PEOPLE = r"""
SELECT r.rolname, r.rolsuper, r.rolbypassrls,
       r.rolinherit OR EXISTS (SELECT 1 FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                               WHERE m.member = r.oid AND g.rolname NOT LIKE 'gov\_%%'),
       pg_has_role(r.oid, c.relowner, 'MEMBER'), o.rolname,
       pg_has_role(r.oid, 'pg_read_all_data', 'MEMBER')
FROM pg_roles r, pg_class c JOIN pg_roles o ON o.oid = c.relowner
WHERE r.rolname = ANY(%(added)s) AND c.oid = %(on)s
ORDER BY r.rolname
"""

_COPIERS = r"""
SELECT DISTINCT coalesce(g.rolname, 'PUBLIC')
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
LEFT JOIN pg_roles g ON g.oid = a.grantee
WHERE c.oid = %(on)s AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner
ORDER BY 1
"""

_LOOSE_TEXT = """
SELECT DISTINCT a.attname
FROM (SELECT 'pg_policy'::regclass::oid AS kind, oid FROM pg_policy
      WHERE polrelid = %(on)s AND polname = 'gov_row'
      UNION ALL
      SELECT 'pg_rewrite'::regclass::oid, oid FROM pg_rewrite WHERE ev_class = %(view)s) AS made
JOIN pg_depend d ON d.classid = made.kind AND d.objid = made.oid
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
JOIN pg_collation l ON l.oid = a.attcollation
WHERE NOT l.collisdeterministic AND d.refclassid = 'pg_class'::regclass
ORDER BY 1
"""

_OID = """
SELECT c.oid::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(name)s
"""

_NEVER_NULL = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %(view)s AND a.attnum > 0 AND t.typnotnull
"""


def check(connection: psycopg.Connection[Any], new: Document, old: Document | None) -> None:
    """Raise Refused, with every reason, where the document must not stand."""
    reasons = [
        *_unfit_people(connection, new, old or {}),
        *_copiers(connection, new, old or {}),
        *_texts(connection, new),
    ]
    if reasons:
        raise Refused(*reasons)


def _rows(
    connection: psycopg.Connection[Any], query: str, values: Any
) -> Sequence[tuple[Any, ...]]:
    return connection.execute(query.encode(), values).fetchall()


def _oid(connection: psycopg.Connection[Any], schema: str, name: str) -> int:
    """By its catalog row: to_regclass would need a right on the schema."""
    rows = _rows(connection, _OID, {"schema": schema, "name": name})
    return int(rows[0][0]) if rows else 0


def _on(connection: psycopg.Connection[Any], document: Document) -> int:
    return _oid(connection, *parts(document["dataset"]))


def _people(document: Document) -> set[str]:
    return {who for each in document.get("roles", {}).values() for who in each["members"]}


def _unfit_people(
    connection: psycopg.Connection[Any], new: Document, old: Document
) -> Iterator[str]:
    """Only those who are new to the document: a refusal must not keep others from losing access."""
    added = sorted(_people(new) - _people(old))
    dataset, modern = new["dataset"], connection.info.server_version >= OPTIONS_SINCE
    facts = {"added": added, "on": _on(connection, new)}
    for row in _rows(connection, _PEOPLE, facts):
        name, superuser, bypass, inherits, owns, owner, reads_all = row
        if superuser:
            yield f"{name} is a superuser: nothing that is decided about {dataset} would hold."
            continue
        if bypass:
            yield f"{name} has BYPASSRLS: row filters on {dataset} would not hold."
        if owns:
            yield f"{name} is a member of {owner}, who owns {dataset}: an owner is not held back."
        if reads_all:
            yield f"{name} is a member of pg_read_all_data, which reads {dataset} raw."
        if not inherits and not modern:  # who is in a group may be meant through it
            yield (
                f"{name} does not inherit what its roles may (NOINHERIT), so a grant would give "
                f"it nothing; ALTER ROLE {name} INHERIT first."
            )


def _copiers(connection: psycopg.Connection[Any], new: Document, old: Document) -> Iterator[str]:
    if "row_policy" not in new or "row_policy" in old:
        return
    found = [who for (who,) in _rows(connection, _COPIERS, {"on": _on(connection, new)})]
    writers = [who for who in found if not names.looks_ours(who)]
    if writers:
        yield (
            f"{', '.join(writers)} may write {new['dataset']}, and COPY FROM fails on a table with "
            "row security; scan again, and it will be governed by a view."
        )


def _texts(connection: psycopg.Connection[Any], new: Document) -> Iterator[str]:
    """Where what PostgreSQL answers would depend on a collation, an encoding or a domain."""
    view = _oid(connection, names.SCHEMA, new["view"]["name"]) if "view" in new else 0
    facts = {"on": _on(connection, new), "view": view}
    for (column,) in _rows(connection, _LOOSE_TEXT, facts):
        yield (
            f"{new['dataset']}.{column} has a collation under which different texts are equal, so "
            "a filter would show more than was decided."
        )
    for column, type in _rows(connection, _NEVER_NULL, facts):
        yield (
            f"{new['dataset']}.{column} is of the domain {type}, which has no NULL, so a cell "
            "that is not readable could not be shown as NULL."
        )
    if new.get("key") and connection.info.parameter_status("server_encoding") == "SQL_ASCII":
        yield f"The text in {new['dataset']} is of no known encoding, so it cannot be hashed."
