"""Makes the document stand that all views of a database share: their owner, schema and path."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.sql import SQL, Identifier

from apps.connectors.contracts import Document, Refused
from apps.connectors.postgresql import house, names, settings, statements
from apps.connectors.postgresql.facts import OPTIONS_SINCE, Facts
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
        house.make_house(self.connection, self.facts)
        paths = settings.of(self.facts.settings)
        if not self._noted():
            self._note({"path": _original(paths), "kept": []})
        if not settings.leads_to_ours(paths):
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
            usual = settings.schemas_of(rest) == settings.schemas_of(settings.USUAL)
            if noted.get("path") is None and usual:
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
        if names.SCHEMA in {schema for schema, *_ in self.facts.schemas}:
            self._note(None)
            house.leave_house(self.connection)

    def _run(self, statement: sql.Composable) -> None:
        house.run(self.connection, statement)

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
        modern = self.facts.version >= OPTIONS_SINCE
        for above, member, grantor, *_ in self.facts.memberships:
            stray = member == names.OWNER or (above == names.OWNER and member not in self.ours)
            if stray:
                self._run(statements.end_member(above, member, grantor, options=modern))
        if owner is not None and owner[2]:
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

    def _note(self, facts: dict[str, Any] | None) -> None:
        comment = sql.Literal(None if facts is None else mark_of(**facts))
        with house.acting_as(self.connection, names.OWNER):
            self._run(SQL("COMMENT ON SCHEMA {} IS {}").format(Identifier(names.SCHEMA), comment))


def _original(paths: settings.Paths) -> str | None:
    """The database's own path before ours; None where it had none."""
    if paths.database is None or not settings.leads_to_ours(paths):
        return paths.database
    rest = settings.without_ours(paths.database)
    return None if settings.schemas_of(rest) == settings.schemas_of(settings.USUAL) else rest
