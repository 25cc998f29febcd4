"""What a probe must know of a dataset and a person as they stand now, from the live catalog."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from apps.connectors.contracts import Refused
from apps.connectors.names import parts, qualified
from apps.connectors.postgresql import names
from apps.connectors.postgresql.facts import OPTIONS_SINCE
from apps.connectors.postgresql.names import mark_in

_RELATION = """
SELECT c.oid::bigint,
       EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
FROM pg_class c WHERE c.oid = to_regclass(%s)
"""

_OUR_VIEWS = """
SELECT c.relname, obj_description(c.oid, 'pg_class'),
       ARRAY(SELECT a.attname FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 ORDER BY a.attnum)
FROM (SELECT DISTINCT w.ev_class FROM pg_depend d
      JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
      WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = %s) AS over
JOIN pg_class c ON c.oid = over.ev_class
WHERE c.relkind = 'v' AND c.relnamespace = to_regnamespace('gov')
"""

_CHILDREN = """
WITH RECURSIVE below AS (
  SELECT inhrelid FROM pg_inherits WHERE inhparent = %s
  UNION SELECT i.inhrelid FROM pg_inherits i JOIN below b ON i.inhparent = b.inhrelid)
SELECT n.nspname, c.relname FROM below b
JOIN pg_class c ON c.oid = b.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY 1, 2
"""

_VIEWS_ABOVE = """
WITH RECURSIVE above AS (
  SELECT %s::oid AS oid
  UNION
  SELECT w.ev_class FROM above a
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.oid
  JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
  JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')
    AND v.relnamespace IS DISTINCT FROM to_regnamespace('gov')::oid)
SELECT n.nspname, c.relname FROM above a
JOIN pg_class c ON c.oid = a.oid AND c.oid <> %s JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY 1, 2
"""

_PERSON = """
SELECT r.rolcanlogin, r.rolvaliduntil IS NOT NULL AND r.rolvaliduntil <= now(),
       r.rolvaliduntil::text, has_database_privilege(r.oid, current_database(), 'CONNECT'),
       r.rolsuper
FROM pg_roles r WHERE r.rolname = %s
"""

_BECOMES = """
WITH RECURSIVE reached AS (
  SELECT r.oid FROM pg_roles r WHERE r.rolname = %s
  UNION
  SELECT m.roleid FROM reached JOIN pg_auth_members m ON m.member = reached.oid {may_set})
SELECT r.rolname FROM reached JOIN pg_roles r ON r.oid = reached.oid ORDER BY r.rolname
"""

_SETTINGS = """
SELECT unnest(s.setconfig) FROM pg_db_role_setting s
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND s.setrole IN (0, coalesce(to_regrole(%s), 0))
ORDER BY s.setrole <> 0, s.setdatabase <> 0
"""


_OPEN = """
SELECT count(DISTINCT a.pid) FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = %s AND l.granted AND a.usename = %s
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A role as it stands: whether it can log in, what is set for it, whom it can become."""

    name: str
    hindrances: tuple[str, ...]
    """Why it cannot log in, in words; none when it can."""
    settings: tuple[tuple[str, str], ...]
    becomes: tuple[str, ...]
    """The roles that it can SET ROLE to, itself first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A dataset as it stands: through what it is read, and what else holds or shows its rows."""

    dataset: str
    exists: bool
    view: str
    """The name of our view of it in `gov`; empty when there is none."""
    view_columns: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    """Views and materialised views over it that are not ours."""
    has_triggers: bool = False
    still_open: int = 0
    """Sessions of the person that hold the table open: a cursor delivers on whatever was ended."""
    person: Person = field(default_factory=lambda: Person("", (), (), ()))

    @property
    def way_in(self) -> tuple[str, str]:
        """The schema and name by which governed people read it."""
        return (names.SCHEMA, self.view) if self.view else parts(self.dataset)


def standing(connection: psycopg.Connection[Any], dataset: str, principal: str) -> Standing:
    """Read it in the transaction given. Raises Refused when there is no such role."""
    person = _person(connection, principal)
    written = ".".join(f'"{part.replace(chr(34), chr(34) * 2)}"' for part in parts(dataset))
    found = _rows(connection, _RELATION, written)
    if not found:
        return Standing(dataset, False, "", person=person)
    oid, triggers = found[0]
    ours = [
        (name, tuple(columns))
        for name, comment, columns in _rows(connection, _OUR_VIEWS, oid)
        if mark_in(comment).get("dataset") == dataset
    ]
    view, columns = ours[0] if ours else ("", ())
    return Standing(
        dataset=dataset,
        exists=True,
        view=view,
        view_columns=columns,
        children=_named(_rows(connection, _CHILDREN, oid)),
        views=_named(_rows(connection, _VIEWS_ABOVE, oid, oid)),
        has_triggers=triggers,
        still_open=_rows(connection, _OPEN, oid, principal)[0][0],
        person=person,
    )


def _person(connection: psycopg.Connection[Any], principal: str) -> Person:
    found = _rows(connection, _PERSON, principal)
    if not found:
        raise Refused(f"{principal} is no role of this system, so nobody can be asked as it.")
    login, expired, until, connect, superuser = found[0]
    hindrances = []
    if not login:
        hindrances.append("the role has no LOGIN")
    if expired:
        hindrances.append(f"the role is valid until {until}, and that has passed")
    if not connect:
        hindrances.append("the role has no CONNECT on the database")
    config = [row[0].partition("=") for row in _rows(connection, _SETTINGS, _quoted(principal))]
    return Person(
        name=principal,
        hindrances=tuple(hindrances),
        settings=tuple((name, value) for name, _, value in config),
        becomes=(principal,) if superuser else _becomes(connection, principal),
    )


def _becomes(connection: psycopg.Connection[Any], principal: str) -> tuple[str, ...]:
    """Followed from the person on; before 16 every member may SET ROLE."""
    modern = connection.info.server_version >= OPTIONS_SINCE
    query = _BECOMES.format(may_set="AND m.set_option" if modern else "")
    found = [name for (name,) in _rows(connection, query, principal)]
    return (principal, *(name for name in found if name != principal))


def _named(rows: Sequence[tuple[Any, ...]]) -> tuple[str, ...]:
    return tuple(qualified(schema, name) for schema, name in rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _rows(
    connection: psycopg.Connection[Any], query: str, *values: object
) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode(), values or None).fetchall()
