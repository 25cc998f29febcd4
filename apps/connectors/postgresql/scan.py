"""Lists what a PostgreSQL database holds, who can act there, and what reads past our rules."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from apps.connectors.contracts import (
    Refused,
    Right,
    Scan,
    ScannedDataset,
    ScannedField,
    ScannedKey,
    ScannedPrivilege,
    Unreachable,
)
from apps.connectors.names import parts, qualified
from apps.connectors.postgresql import leaks, rights
from apps.connectors.postgresql.connect import Login
from apps.connectors.postgresql.listing import OURS, Listing, read_listing
from apps.connectors.postgresql.roles import ROLES, memberships_query, roles_from

_KINDS = {
    "r": "table",
    "p": "partitioned_table",
    "v": "view",
    "m": "materialized_view",
    "f": "foreign_table",
}
LONGEST = 1000
"""Characters of a sampled value that are looked at; more of it tells no more."""

_KEYS = {"p": "primary", "u": "unique", "f": "foreign"}


class PostgresScanner:
    """A PostgreSQL database whose content can be listed; `apply` and `probe` for their rights."""

    def __init__(
        self, *, scan: Login, apply: Login | None = None, probe: Login | None = None
    ) -> None:
        self._scan = scan
        self._apply = apply
        self._probe = probe

    def rights(self) -> Sequence[Right]:
        """The rights that our three logins hold and lack, with the SQL that would give them."""
        return rights.of(self._scan, self._apply, self._probe)

    def scan(self) -> Scan:
        """List everything as of one instant, with one catalog query for each kind of thing."""
        with self._scan.reading() as connection:
            listing = listing_of(connection)
        logins = (self._scan, self._apply, self._probe)
        return scan_from(listing, ours=[login.user for login in logins if login])

    def sample(self, dataset: str, columns: Sequence[str], limit: int) -> Iterator[tuple[Any, ...]]:
        """Up to `limit` rows of these columns as text, each value cut at `LONGEST` characters.

        Raises Refused where our scan login may not read, Unreachable when it takes too long.
        """
        schema, name = parts(dataset)
        query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(
            sql.SQL(", ").join(
                sql.SQL("pg_catalog.left({}::text, {})").format(sql.Identifier(column), LONGEST)
                for column in columns
            ),
            sql.Identifier(schema, name),
            sql.Literal(limit),
        )
        try:
            with self._scan.reading() as connection:
                rows = connection.execute(query).fetchall()
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refused(f"Our scan login may not read {dataset}: {error}") from error
        except psycopg.Error as error:
            raise Unreachable(f"{dataset} could not be sampled: {error}") from error
        return iter(rows)


def listing_of(connection: psycopg.Connection[Any]) -> Listing:
    """Every catalog row that a scan needs. Raises Unreachable when any of it cannot be read."""
    try:
        return read_listing(
            connection,
            roles=ROLES,
            memberships=memberships_query(connection.info.server_version),
        )
    except psycopg.Error as error:
        raise Unreachable(f"The catalog could not be read: {error}") from error


def scan_from(listing: Listing, *, ours: Iterable[str] = ()) -> Scan:
    """What the catalog rows say, in the words of the contracts; pure. `ours` are our logins."""
    names = {row[0]: qualified(row[1], row[2]) for row in listing.relations}
    columns = _columns(listing)
    datasets = _datasets(listing, names, columns)
    roles = roles_from(listing.roles, listing.memberships)
    privileges = _privileges(listing, names, columns)
    found = leaks.bypasses(listing, names, roles, privileges, ours=ours)
    made = {names[row[0]] for row in listing.relations if row[1] in OURS}
    return Scan(
        datasets=tuple(dataset for dataset in datasets if dataset.schema not in OURS),
        roles=roles,
        privileges=tuple(right for right in privileges if right.dataset not in made),
        server=f"PostgreSQL {listing.server.split()[0]}",
        read_at=listing.at,
        bypasses=found,
    )


def _columns(listing: Listing) -> dict[int, dict[int, ScannedField]]:
    """For each relation its columns by attribute number, positions counted without the dropped."""
    found: dict[int, dict[int, ScannedField]] = defaultdict(dict)
    for relation, number, name, kind, nullable, comment in listing.columns:
        of = found[relation]
        of[number] = ScannedField(name, len(of) + 1, kind, nullable, comment)
    return found


def _keys(
    listing: Listing, names: dict[int, str], columns: dict[int, dict[int, ScannedField]]
) -> dict[int, list[ScannedKey]]:
    found: dict[int, list[ScannedKey]] = defaultdict(list)
    for relation, name, kind, numbers, to, to_numbers, _ in listing.keys:
        if relation not in names or (kind == "f" and to not in names):
            continue
        found[relation].append(
            ScannedKey(
                name=name,
                kind=_KEYS[kind],
                columns=tuple(columns[relation][number].name for number in numbers),
                to_dataset=names[to] if kind == "f" else "",
                to_columns=tuple(columns[to][number].name for number in to_numbers)
                if kind == "f"
                else (),
            )
        )
    return found


def _datasets(
    listing: Listing, names: dict[int, str], columns: dict[int, dict[int, ScannedField]]
) -> Iterator[ScannedDataset]:
    keys = _keys(listing, names, columns)
    parents = {child: parent for child, parent in reversed(listing.parents) if parent in names}
    reads: dict[int, set[str]] = defaultdict(set)
    for view, relation, is_view, _ in listing.reads:
        if is_view and relation in names:
            reads[view].add(names[relation])
    totals = _totals(listing, parents)
    for (
        oid,
        schema,
        name,
        kind,
        partition,
        owner,
        comment,
        invoker,
        rows,
        size,
    ) in listing.relations:
        rows, size = totals.get(oid, (rows, size))  # noqa: PLW2901
        yield ScannedDataset(
            schema=schema,
            name=name,
            kind="partition" if partition and kind == "r" else _KINDS[kind],
            owner=owner,
            fields=tuple(columns[oid].values()),
            keys=tuple(keys[oid]),
            comment=comment,
            parent=names[parents[oid]] if oid in parents else "",
            reads=tuple(sorted(reads[oid])),
            security_invoker=invoker,
            row_estimate=rows,
            size_bytes=size,
        )


def _totals(listing: Listing, parents: dict[int, int]) -> dict[int, tuple[int, int]]:
    """For partitioned tables, which hold nothing themselves, what their partitions hold."""
    partitioned = {row[0] for row in listing.relations if row[3] == "p"}
    totals = dict.fromkeys(partitioned, (-1, 0))
    for oid, _, _, kind, _, _, _, _, rows, size in listing.relations:
        above = parents.get(oid)
        while above is not None and above in partitioned and kind != "p":
            known, total = totals[above]
            totals[above] = (max(known, 0) + rows if rows >= 0 else known, total + size)
            above = parents.get(above)
    return totals


def _privileges(
    listing: Listing, names: dict[int, str], columns: dict[int, dict[int, ScannedField]]
) -> tuple[ScannedPrivilege, ...]:
    return tuple(
        sorted(
            (
                ScannedPrivilege(
                    grantee=grantee,
                    dataset=names[relation],
                    privilege=privilege,
                    column=columns[relation][number].name if number else "",
                    grantor=grantor,
                )
                for relation, number, grantee, privilege, grantor in listing.privileges
                if relation in names
            ),
            key=lambda right: (right.dataset, right.grantee, right.privilege, right.column),
        )
    )
