"""Taking away what others gave to read on a table, and giving it back exactly as it was."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.contracts import Document, Loss, Refused, TakeOverPlan
from apps.connectors.names import parts
from apps.connectors.postgresql import house
from apps.connectors.postgresql.names import looks_ours

PUBLIC = "PUBLIC"

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

_PEOPLE = """
SELECT r.rolname FROM pg_roles r
WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolname = ANY(%(ours)s)
  AND (%(grantee)s = 'PUBLIC' OR pg_has_role(r.oid, to_regrole(quote_ident(%(grantee)s)), 'MEMBER'))
ORDER BY 1
"""


def plan(connection: psycopg.Connection[Any], dataset: str, ours: frozenset[str]) -> TakeOverPlan:
    """What others gave to read on the dataset now, and every login that reads by it."""
    rights = [right for right in _rights(connection, dataset) if right["grantee"] not in ours]
    if not rights:
        return TakeOverPlan(dataset, {}, ())
    losses = tuple(_losses(connection, rights, ours))
    return TakeOverPlan(dataset, {"dataset": dataset, "rights": rights}, losses)


def take(connection: psycopg.Connection[Any], original: Document) -> None:
    """Take these rights away, each in the name of whoever gave it; those gone are left alone.

    The owner's go first: what was passed on from them goes along.
    """
    for by_owner in (True, False):
        for right in _rights(connection, original["dataset"]):
            if right in original["rights"] and right["by_owner"] is by_owner:
                _act(connection, right, "REVOKE {} ON {} FROM {} CASCADE", original["dataset"])


def give_back(connection: psycopg.Connection[Any], original: Document) -> None:
    """Give these rights back, those of the owner first, then what was passed on from them.

    Raises Refused when a right cannot come back because whoever passed it on no longer may.
    """
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
        values = {"ours": list(ours), "grantee": grantee}
        for (person,) in connection.execute(_PEOPLE.encode(), values).fetchall():
            yield Loss(person, "" if person == grantee else grantee, what)


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
