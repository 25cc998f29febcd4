"""Makes one table's document stand, in the transaction it is given: only what differs is sent."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.sql import SQL, Composable, Identifier

from apps.connectors.contracts import Document, Refused
from apps.connectors.names import parts, qualified
from apps.connectors.postgresql import guards, house, names, statements
from apps.connectors.postgresql.facts import OPTIONS_SINCE, Facts
from apps.connectors.postgresql.keys import MaskKey
from apps.connectors.postgresql.names import mark_in


@dataclass
class Writing:
    """A transaction of the apply login, and what it found about the dataset before it began."""

    connection: psycopg.Connection[Any]
    facts: Facts
    old: Document | None
    ours: frozenset[str]
    key: MaskKey | None = None

    def make(self, new: Document) -> None:
        """Go from what stands to the new document. Raises Refused where that is not possible."""
        old = self.old or {}
        self._make_roles(new)
        self._settle_members(statements.members_of(new))
        if "view" in new:
            self._make_view(new, old)
        elif "view" in old:
            self._drop_views(new["dataset"])
        if "row_policy" in new:
            self._make_rows(new, old)
        elif "row_policy" in old:
            self._drop_policies()
        self._drop_roles(self._roles_of(new["dataset"]) - set(statements.role_names(new)))
        self._strip_roles({role: self._relation(new, role) for role in statements.role_names(new)})
        self._settle_house(new)
        guards.check(self.connection, new, self.old)

    def _relation(self, new: Document, role: str) -> tuple[str, str]:
        if role not in new["roles"]:
            return _NOTHING
        return (names.SCHEMA, new["view"]["name"]) if "view" in new else parts(new["dataset"])

    def unmake(self, dataset: str) -> None:
        """Take away everything of ours about the dataset."""
        self._drop_views(dataset)
        self._drop_policies()
        self._drop_roles(self._roles_of(dataset))
        self._settle_house({})

    def _run(self, *run: Composable) -> None:
        house.run(self.connection, *run)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), values).fetchall()

    @property
    def _modern(self) -> bool:
        return self.connection.info.server_version >= OPTIONS_SINCE

    # Roles and who belongs to them

    def _roles_of(self, dataset: str) -> set[str]:
        """The roles that carry the dataset's mark; `facts` were read for this dataset alone."""
        return {
            role
            for role, comment, _ in self.facts.roles
            if role != names.OWNER and mark_in(comment).get("dataset") == dataset
        }

    def _make_roles(self, new: Document) -> None:
        there = {role: powerful for role, _, powerful in self.facts.roles}
        mine = self._roles_of(new["dataset"])
        for role in statements.role_names(new):
            if role not in there:
                self._run(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(role)))
            elif there[role]:
                self._run(SQL(_HARMLESS).format(Identifier(role)))
            if role not in mine:
                self._run(statements.mark_role(role, new["dataset"]))

    def _settle_members(self, wanted: dict[str, list[str]]) -> None:
        for role, members in wanted.items():
            right: set[str] = set()
            for _, member, grantor, admin, inherit, may_set in self._memberships(role):
                if member in self.ours:
                    continue
                proper = not admin and inherit and not (self._modern and may_set)
                if member in members and proper:
                    right.add(member)
                else:
                    self._revoke_member(role, member, grantor)
            for member in members:
                if member not in right:
                    self._run(statements.add_member(role, member, options=self._modern))
        for above, role, grantor, *_ in self.facts.memberships:
            if role in wanted and role not in wanted.get(above, ()):
                self._revoke_member(above, role, grantor)

    def _memberships(self, role: str) -> list[tuple[Any, ...]]:
        return [row for row in self.facts.memberships if row[0] == role]

    def _revoke_member(self, role: str, member: str, grantor: str) -> None:
        self._run(statements.end_member(role, member, grantor, options=self._modern))

    def _drop_roles(self, roles: Collection[str]) -> None:
        self._strip_roles(dict.fromkeys(roles, _NOTHING))
        for role in sorted(roles):
            if not self._is_superuser:  # only who has a role's rights may drop what it owns
                options = " WITH INHERIT TRUE, SET TRUE" if self._modern else ""
                self._run(SQL("GRANT {} TO CURRENT_USER" + options).format(Identifier(role)))
            self._run(
                SQL("DROP OWNED BY {}").format(Identifier(role)),
                SQL("DROP ROLE {}").format(Identifier(role)),
            )

    def _strip_roles(self, keeping: Mapping[str, tuple[str, str]]) -> None:
        """Take back what they were given; DROP OWNED passes by what others than ourselves granted.

        Each role is given with the relation on which it keeps its rights, and the use of its
        schema.
        """
        schemas = [schema for schema, _ in keeping.values()]
        given = self._rows(_GIVEN, list(keeping), schemas) if keeping else ()
        for role, schema, name, column, privilege, grantor in given:
            kept = keeping[role]
            if (schema, name or kept[1]) == kept and (name or privilege == "USAGE"):
                continue
            on: Composable = SQL("SCHEMA {}").format(Identifier(schema))
            if name:
                on = Identifier(schema, name)
            self._revoke(on, privilege, column, role, grantor)

    @property
    def _is_superuser(self) -> bool:
        return bool(self._rows("SELECT current_setting('is_superuser')::bool")[0][0])

    # Row security on the table

    def _make_rows(self, new: Document, old: Document) -> None:
        dataset = new["dataset"]
        passing = self._passing(dataset)
        parts_ = ("row_policy", "row_security", "pass_policy")
        changed = any(new[part] != old.get(part) for part in parts_) or old.get("amiss")
        if changed:
            self._drop_policies(keep=self._oid(dataset))
            self._run(*statements.row_policies(new, passing=passing))
        self._settle_rights(new, parts(dataset))

    def _passing(self, dataset: str) -> bool:
        """Whether the table was open before us, so that a pass keeps it open for others."""
        oid = self._oid(dataset)
        row = next((p for p in self._policies() if p[0] == oid and p[1] == names.ROW_POLICY), None)
        known = mark_in(row[7]).get("pass") if row else None
        if isinstance(known, bool):
            return known
        there = next(t for t in self.facts.tables if t[0] == oid)
        return not there[4]

    def _oid(self, dataset: str) -> int:
        for oid, name in self.facts.names.items():
            if name == dataset:
                return oid
        raise Refused(f"{dataset} is not there any more.")

    def _policies(self) -> list[tuple[Any, ...]]:
        return [p for p in self.facts.policies if p[1] in (names.ROW_POLICY, names.PASS_POLICY)]

    def _drop_policies(self, *, keep: int = 0) -> None:
        """Row security that we switched on goes with our policies, except where `keep` says so."""
        for oid, name, *rest in self._policies():
            on = Identifier(*self._parts(oid))
            self._run(SQL("DROP POLICY {} ON {}").format(Identifier(name), on))
            if name == names.ROW_POLICY and mark_in(rest[5]).get("pass") and oid != keep:
                self._run(SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(on))

    def _parts(self, oid: int) -> tuple[str, str]:
        return next((t[1], t[2]) for t in self.facts.tables if t[0] == oid)

    # The view

    def _make_view(self, new: Document, old: Document) -> None:
        house.make_house(self.connection, self.facts)
        self._make_key(new["key"])
        self._run(*statements.reading(new))
        standing = [view for view in self.facts.views if self._is_ours(view, new["dataset"])]
        name = new["view"]["name"]
        self._refuse_taken(name, new["dataset"])
        same = new["view"] == old.get("view") and not old.get("amiss")
        with house.acting_as(self.connection, names.OWNER):
            if not same:
                replace = [(view[1], view[2], view[6]) for view in standing] == [
                    (name, names.OWNER, "v")
                ] and self._can_replace(new)
                if not replace:
                    self._drop(standing)
                self._run(*statements.view(new, replace=replace))
            self._settle_rights(new, (names.SCHEMA, name), anew=not same)

    def _is_ours(self, view: tuple[Any, ...], dataset: str) -> bool:
        return bool(mark_in(view[5]).get("dataset") == dataset)

    def _refuse_taken(self, name: str, dataset: str) -> None:
        taken = self._rows(
            "SELECT obj_description(c.oid, 'pg_class') FROM pg_class c"
            " WHERE c.relnamespace = to_regnamespace('gov') AND c.relname = %s",
            name,
        )
        if taken and mark_in(taken[0][0]).get("dataset") != dataset:
            raise Refused(
                f"gov.{name} is there already and is not the view of {dataset}; "
                "rename or drop it first."
            )

    def _can_replace(self, new: Document) -> bool:
        """Whether the new view keeps every column of the old one, in place and type."""
        name = new["view"]["name"]
        query = (
            "SELECT attname, format_type(atttypid, atttypmod), attcollation FROM pg_attribute"
            " WHERE attrelid = to_regclass(%s) AND attnum > 0 ORDER BY attnum"
        )
        old = self._rows(query, Identifier(names.SCHEMA, name).as_string(None))
        with self.connection.transaction(force_rollback=True):
            probe = {**new, "view": {**new["view"], "name": "seneschal_next"}}
            self._run(*statements.view(probe))
            after = self._rows(query, f"{names.SCHEMA}.seneschal_next")
        return after[: len(old)] == old

    def _drop_views(self, dataset: str) -> None:
        standing = [view for view in self.facts.views if self._is_ours(view, dataset)]
        if standing:
            self._drop(standing)

    def _drop(self, views: Iterable[tuple[Any, ...]]) -> None:
        for _, name, *_, kind in views:
            house.drop_or_empty(self.connection, name, kind)

    def _make_key(self, key_id: str) -> None:
        """The pads of the mask key, sent by COPY: no log and no statistics ever show them."""
        if not key_id:
            return
        if self.key is None or self.key.id != key_id:
            raise Refused("The document is for another mask key than the one that is set now.")
        house.make_schema(self.connection, self.facts, names.KEY_SCHEMA)
        with house.acting_as(self.connection, names.OWNER):
            self._load_pads(self.key, key_id)

    def _load_pads(self, key: MaskKey, key_id: str) -> None:
        on = Identifier(names.KEY_SCHEMA, names.KEY_TABLE)
        self._run(
            SQL(
                "CREATE TABLE IF NOT EXISTS {} (id text PRIMARY KEY, ip bytea NOT NULL,"
                " op bytea NOT NULL)"
            ).format(on),
            SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(on),
        )
        inner, outer = key.pads()
        stands = self.connection.execute(
            SQL("SELECT ip, op FROM {} WHERE id = {}").format(on, sql.Literal(key_id))
        ).fetchone()
        if stands is None or (bytes(stands[0]), bytes(stands[1])) != (inner, outer):
            self._run(SQL("DELETE FROM {} WHERE id = {}").format(on, sql.Literal(key_id)))
            copy = SQL("COPY {} (id, ip, op) FROM STDIN").format(on)
            with self.connection.cursor().copy(copy) as rows:
                rows.write_row((key_id, inner, outer))

    # Rights

    def _settle_rights(
        self, new: Document, relation: tuple[str, str], *, anew: bool = False
    ) -> None:
        """Exactly the columns of each role, and on a view of ours nothing for anybody else."""
        is_view, on, name = "view" in new, Identifier(*relation), qualified(*relation)
        oid = next((oid for oid, each in self.facts.names.items() if each == name), 0)
        right: dict[str, set[str]] = {role: set() for role in new["roles"]}
        emptied: set[str] = set()
        for row in [] if anew else self.facts.rights:
            there, column, grantee, privilege, grantable, grantor = row
            if there != oid:
                continue
            wanted = new["roles"].get(grantee, {}).get("columns", [])
            if column in wanted and privilege == "SELECT" and not grantable:
                right[grantee].add(column)
            elif is_view or grantee in right:
                self._revoke(on, privilege, column, grantee, grantor)
                if not column:  # takes the same right on single columns away as well
                    emptied.add(grantee)
        right |= {role: set() for role in emptied & right.keys()}
        if anew and is_view:
            self._strip(on)
        for role, each in new["roles"].items():
            missing = [column for column in each["columns"] if column not in right[role]]
            if missing:
                self._run(statements.select(on, missing, role))
            if (new["usage"], role) not in self.facts.usage:
                self._run(statements.use_schema(new["usage"], role))

    def _strip(self, on: Composable) -> None:
        """A new view may have been given rights by somebody's default privileges."""
        given = self._rows(
            "SELECT DISTINCT coalesce(g.rolname, '') FROM pg_class c"
            " CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles g ON g.oid = a.grantee"
            " WHERE c.oid = to_regclass(%s) AND a.grantee <> c.relowner",
            on.as_string(None),
        )
        for (grantee,) in given:
            self._revoke(on, "ALL", None, grantee)

    def _revoke(
        self, on: Composable, privilege: str, column: str | None, grantee: str, grantor: str = ""
    ) -> None:
        """A right is taken back by who gave it: REVOKE leaves that of any other grantor alone."""
        what: Composable = SQL(privilege)
        if column:
            what = SQL("{} ({})").format(what, Identifier(column))
        whom = Identifier(grantee) if grantee else SQL("PUBLIC")
        statement = SQL("REVOKE {} ON {} FROM {} CASCADE").format(what, on, whom)
        if not grantor:
            self._run(statement)
            return
        with house.acting_as(self.connection, grantor):
            self._run(statement)

    # The views' owner

    def _settle_house(self, new: Document) -> None:
        """The views' owner reads what its views read and no more; our schemas go with the last.

        What a view of ours read is told by the view itself. Where it was dropped by hand, nothing
        tells any more, and all that its owner may read is looked at.
        """
        old = self.old or {}
        lost = bool(old) and "view" not in old and not old.get("row_policy")
        if not lost and "view" not in old and "view" not in new:
            return
        read = {parts(name) for name in (*old.get("reads", ()), *new.get("reads", ()))}
        read |= {(schema, name) for _, schema, name, _ in self.facts.reads}
        house.settle_owner(self.connection, None if lost else read)
        house.leave_house(self.connection)


_NOTHING = "", ""

_HARMLESS = "ALTER ROLE {} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION"

_GIVEN = """
WITH asked AS MATERIALIZED (
  SELECT r.oid, u.schema FROM unnest(%s::name[], %s::name[]) AS u(role, schema)
  JOIN pg_roles r ON r.rolname = u.role),
given AS (
  SELECT DISTINCT s.classid, s.objid, s.refobjid AS role FROM pg_shdepend s
  WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'a'
    AND s.refobjid = ANY(ARRAY(SELECT oid FROM asked))
    AND s.dbid::bigint = (SELECT oid::bigint FROM pg_database WHERE datname = current_database()))
SELECT pg_get_userbyid(g.role), n.nspname, c.relname, NULL, a.privilege_type,
       pg_get_userbyid(a.grantor)
FROM given g JOIN pg_class c ON g.classid = 'pg_class'::regclass AND c.oid = g.objid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE a.grantee = g.role
UNION ALL
SELECT pg_get_userbyid(g.role), n.nspname, c.relname, t.attname, a.privilege_type,
       pg_get_userbyid(a.grantor)
FROM given g JOIN pg_class c ON g.classid = 'pg_class'::regclass AND c.oid = g.objid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped
CROSS JOIN LATERAL aclexplode(t.attacl) a WHERE a.grantee = g.role
UNION ALL
SELECT pg_get_userbyid(g.role), n.nspname, NULL, NULL, a.privilege_type,
       pg_get_userbyid(a.grantor)
FROM given g JOIN pg_namespace n ON g.classid = 'pg_namespace'::regclass AND n.oid = g.objid
JOIN asked k ON k.oid = g.role
CROSS JOIN LATERAL aclexplode(CASE WHEN n.nspacl <> '{}' THEN array_cat(n.nspacl, '{}') END) a
WHERE a.grantee = g.role
  AND (n.nspname <> k.schema OR has_schema_privilege(g.role, n.oid, 'CREATE'))
"""
"""The use of the schema that a role keeps is left out unless it may make things there as well."""
