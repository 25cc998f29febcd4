"""Makes the document stand that all views of a database share: their owner, schema and path."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.sql import SQL, Identifier

from apps.connectors.contracts import Document, Refused
from apps.connectors.postgresql import names, settings, statements
from apps.connectors.postgresql.facts import Facts
from apps.connectors.postgresql.names import mark_in, mark_of


@dataclass
class Sharing:
    """A transaction of the apply login, and the facts of before it."""

    connection: psycopg.Connection[Any]
    facts: Facts
    dbname: str
    ours: frozenset[str]

    def make(self, new: Document) -> None:
        """Lead governed roles to our views, and leave everybody else's path as it was."""
        paths = settings.of(self.facts.settings)
        if not settings.leads_to_ours(paths):
            self._note_path(paths.database)
            path = settings.with_ours(
                settings.without_ours(paths.database) if paths.database else None
            )
            self._run(statements.lead_to_ours(self.dbname, path))
        for role in new["unaffected"]:
            if role not in settings.unaffected(self.facts.settings):
                self._keep_path(role, paths)
        self._mend_owner()

    def unmake(self) -> None:
        """Give the database and the superusers their own paths back."""
        noted = self._noted()
        paths = settings.of(self.facts.settings)
        if paths.database and settings.leads_to_ours(paths):
            rest = settings.without_ours(paths.database)
            if noted.get("path") is None and settings.schemas_of(rest) == ["$user", "public"]:
                self._run(SQL("ALTER DATABASE {} RESET search_path").format(self._database))
            else:
                self._run(statements.lead_to_ours(self.dbname, rest))
        for role in noted.get("kept", []):
            if role in paths.in_database:
                self._run(
                    SQL("ALTER ROLE {} IN DATABASE {} RESET search_path").format(
                        Identifier(role), self._database
                    )
                )
        self._note(None)
        self._drop_home()

    def _run(self, statement: sql.Composable) -> None:
        self.connection.execute(SQL("{}").format(statement))

    @property
    def _database(self) -> Identifier:
        return Identifier(self.dbname)

    def _keep_path(self, role: str, paths: settings.Paths) -> None:
        """Superusers may use every schema, so without a path of their own they would see ours."""
        try:
            before = paths.in_database.get(role) or paths.everywhere.get(role) or paths.database
            path = settings.without_ours(before) if before else settings.USUAL
            with self.connection.transaction():
                self._run(statements.keep_path(role, self.dbname, path))
        except psycopg.errors.InsufficientPrivilege as error:
            by_hand = statements.keep_path(role, self.dbname, settings.USUAL).as_string(None)
            raise Refused(
                f"The superuser {role} would be led to our views, and only a superuser can "
                f"prevent that: {by_hand}."
            ) from error
        noted = self._noted()
        self._note({**noted, "kept": sorted({*noted.get("kept", []), role})})

    def _mend_owner(self) -> None:
        owner = next((row for row in self.facts.roles if row[0] == names.OWNER), None)
        if owner is None:
            raise Refused("There is no view of ours yet, so nobody needs to be led to one.")
        for above, member, *_ in self.facts.memberships:
            stray = member == names.OWNER or (above == names.OWNER and member not in self.ours)
            if stray:
                self._run(
                    SQL("REVOKE {} FROM {} CASCADE").format(Identifier(above), Identifier(member))
                )
        if owner[2]:
            raise Refused(
                f"{names.OWNER} may log in or has a powerful attribute, and then its views show "
                "more than was decided: ALTER ROLE gov_owner NOLOGIN NOSUPERUSER NOBYPASSRLS "
                "NOCREATEROLE NOCREATEDB NOREPLICATION."
            )

    # What stood before, kept as a hint in the schema's comment for the way back

    def _noted(self) -> dict[str, Any]:
        found = self.connection.execute(
            "SELECT obj_description(to_regnamespace('gov'), 'pg_namespace')"
        ).fetchone()
        return mark_in(found[0] if found else "")

    def _note_path(self, path: str | None) -> None:
        self._note({**self._noted(), "path": path})

    def _note(self, facts: dict[str, Any] | None) -> None:
        there = {schema for schema, *_ in self.facts.schemas}
        if names.SCHEMA not in there:
            return
        comment = sql.Literal(None if facts is None else mark_of(**facts))
        self._run(SQL("SET LOCAL ROLE {}").format(Identifier(names.OWNER)))
        self._run(SQL("COMMENT ON SCHEMA {} IS {}").format(Identifier(names.SCHEMA), comment))
        self._run(SQL("RESET ROLE"))

    def _drop_home(self) -> None:
        """Drop our schema when nothing of anybody's is left in it."""
        left = self.connection.execute(
            "SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace('gov') LIMIT 1"
        ).fetchone()
        if left is None and any(schema == names.SCHEMA for schema, *_ in self.facts.schemas):
            self._run(SQL("SET LOCAL ROLE {}").format(Identifier(names.OWNER)))
            self._run(SQL("DROP SCHEMA {}").format(Identifier(names.SCHEMA)))
            self._run(SQL("RESET ROLE"))
