"""Taking over what others gave and set to read a table by, and the way back to exactly that."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.contracts import Beside, Document, Loss, Refused, TakeOverPlan
from apps.connectors.names import parts
from apps.connectors.postgresql import beside, house, settings, statements
from apps.connectors.postgresql.beside import PUBLIC
from apps.connectors.postgresql.names import looks_ours, mark_in

_RIGHTS = """
SELECT coalesce(g.rolname, 'PUBLIC'), '', o.rolname, a.is_grantable, a.grantor = c.relowner
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
LEFT JOIN pg_roles g ON g.oid = a.grantee JOIN pg_roles o ON o.oid = a.grantor
WHERE c.oid = to_regclass(%(on)s) AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner
UNION ALL
SELECT coalesce(g.rolname, 'PUBLIC'), t.attname, o.rolname, a.is_grantable, a.grantor = c.relowner
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped
CROSS JOIN LATERAL aclexplode(t.attacl) a
LEFT JOIN pg_roles g ON g.oid = a.grantee JOIN pg_roles o ON o.oid = a.grantor
WHERE c.oid = to_regclass(%(on)s) AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner
ORDER BY 1, 2, 3
"""

_SETTINGS = """
SELECT r.rolname, s.setdatabase <> 0, s.setconfig FROM pg_db_role_setting s
JOIN pg_roles r ON r.oid = s.setrole
WHERE r.rolname = ANY(%(people)s) AND s.setdatabase IN
  (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY 1, 2
"""

_GOVERNED = """
SELECT DISTINCT p.rolname, shobj_description(r.oid, 'pg_authid')
FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles p ON p.oid = m.member
WHERE starts_with(r.rolname, 'gov_') AND p.rolcanlogin
"""

_OID = "SELECT to_regclass(%s)::oid::bigint"


def plan(connection: psycopg.Connection[Any], dataset: str, ours: frozenset[str]) -> TakeOverPlan:
    """What others gave to read on the dataset now, and everybody who reads by it.

    People whose own search_path would keep them from our view are led to it as well. What others
    made beside that is told and left.
    """
    rights = [right for right in _rights(connection, dataset) if right["grantee"] not in ours]
    losses = tuple(_losses(connection, rights, ours))
    people = {loss.principal for loss in losses} | _governed(connection, dataset)
    paths = _paths(connection, people - ours)
    told = [*_led(paths), *beside.database_path(connection)]
    row = connection.execute(_OID, (_table(dataset).as_string(None),)).fetchone()
    if row and row[0]:
        told += beside.left_alone(connection, row[0], ours)
    if not rights and not paths:
        return TakeOverPlan(dataset, {}, (), tuple(told))
    original = {"dataset": dataset, "rights": rights, "paths": paths}
    return TakeOverPlan(dataset, original, losses, tuple(told))


def take(connection: psycopg.Connection[Any], original: Document) -> None:
    """Take these rights away, each in the name of whoever gave it; those gone are left alone.

    The owner's go first: what was passed on from them goes along.
    """
    for by_owner in (True, False):
        for right in _rights(connection, original["dataset"]):
            if right in original["rights"] and right["by_owner"] is by_owner:
                _act(connection, right, "REVOKE {} ON {} FROM {} CASCADE", original["dataset"])
    for path in original.get("paths", ()):
        _set_path(connection, path, path["path"], settings.with_ours(path["path"]))


def give_back(connection: psycopg.Connection[Any], original: Document) -> None:
    """Give these rights back, those of the owner first, then what was passed on from them.

    Raises Refused when a right cannot come back because whoever passed it on no longer may.
    """
    for path in original.get("paths", ()):
        _set_path(connection, path, settings.with_ours(path["path"]), path["path"])
    dataset = original["dataset"]
    there = _rights(connection, dataset)
    missing = [right for right in original["rights"] if right not in there]
    missing.sort(key=lambda right: not right["by_owner"])
    holders = {PUBLIC, *(r["grantee"] for r in there if r["grantable"])}
    while missing:
        ready = [r for r in missing if r["by_owner"] or r["grantor"] in holders]
        if not ready:
            names = ", ".join(sorted({right["grantor"] for right in missing}))
            raise Refused(f"{names} passed on what is theirs no longer, so it cannot come back.")
        for right in ready:
            option = " WITH GRANT OPTION" if right["grantable"] else ""
            _act(connection, right, "GRANT {} ON {} TO {}" + option, dataset)
            holders |= {right["grantee"]} if right["grantable"] else set()
        missing = [right for right in missing if right not in ready]


def _rights(connection: psycopg.Connection[Any], dataset: str) -> list[dict[str, Any]]:
    rows = connection.execute(_RIGHTS.encode(), {"on": _table(dataset).as_string(None)}).fetchall()
    return [
        {
            "grantee": grantee,
            "column": column,
            "grantor": grantor,
            "grantable": grantable,
            "by_owner": by_owner,
        }
        for grantee, column, grantor, grantable, by_owner in rows
        if not looks_ours(grantee)
    ]


def _losses(
    connection: psycopg.Connection[Any], rights: Sequence[dict[str, Any]], ours: frozenset[str]
) -> Iterator[Loss]:
    columns: dict[str, set[str]] = {}
    for right in rights:
        columns.setdefault(right["grantee"], set()).add(right["column"])
    for grantee, named in sorted(columns.items()):
        what = "SELECT on every column"
        if "" not in named:
            what = f"SELECT on {', '.join(sorted(named))}"
        for person in beside.logins_of(connection, grantee, ours):
            yield Loss(person, "" if person == grantee else grantee, what)


def _governed(connection: psycopg.Connection[Any], dataset: str) -> set[str]:
    """The people in our roles about the dataset."""
    rows = connection.execute(_GOVERNED).fetchall()
    return {person for person, comment in rows if mark_in(comment).get("dataset") == dataset}


def _paths(connection: psycopg.Connection[Any], people: set[str]) -> list[dict[str, Any]]:
    """The paths that these people have of their own, and that do not name our schema."""
    rows = connection.execute(_SETTINGS.encode(), {"people": sorted(people)}).fetchall()
    return [
        {"role": role, "in_database": here, "path": settings.path_in(config)}
        for role, here, config in rows
        if settings.keeps_away(config)
    ]


def _led(paths: Sequence[dict[str, Any]]) -> Iterator[Beside]:
    for path in paths:
        where = " in this database" if path["in_database"] else ""
        yield Beside(
            "setting",
            f"{path['role']}'s own search_path{where}, {path['path']}, becomes "
            f"{settings.with_ours(path['path'])}.",
            (path["role"],),
            changed=True,
        )


def _set_path(
    connection: psycopg.Connection[Any], path: dict[str, Any], before: str, after: str
) -> None:
    """Set a role's path where it is still as expected; what was set since is not ours."""
    found = connection.execute(_SETTINGS.encode(), {"people": [path["role"]]}).fetchall()
    for role, here, config in found:
        if here is path["in_database"] and _same(settings.path_in(config), before):
            where = " IN DATABASE {}" if here else ""
            house.run(
                connection,
                SQL("ALTER ROLE {}" + where + " SET search_path = {}").format(
                    Identifier(role),
                    *([Identifier(connection.info.dbname)] if here else []),
                    statements.path_list(after),
                ),
            )


def _same(path: str | None, other: str) -> bool:
    return path is not None and settings.schemas_of(path) == settings.schemas_of(other)


def _act(
    connection: psycopg.Connection[Any], right: dict[str, Any], statement: str, dataset: str
) -> None:
    what: Composable = SQL("SELECT")
    if right["column"]:
        what = SQL("SELECT ({})").format(Identifier(right["column"]))
    whom = SQL(PUBLIC) if right["grantee"] == PUBLIC else Identifier(right["grantee"])
    with house.acting_as(connection, right["grantor"]):
        house.run(connection, SQL(statement).format(what, _table(dataset), whom))


def _table(dataset: str) -> Identifier:
    return Identifier(*parts(dataset))
