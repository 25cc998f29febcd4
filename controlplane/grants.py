"""What the roles that run the product may do in its database: everything but rewrite the book."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import connection
from psycopg import sql

from controlplane.embedded.roles import WEB, WORKER

ALL_DATA = ("SELECT", "INSERT", "UPDATE", "DELETE")
APPEND_ONLY = ("SELECT", "INSERT")
READ_ONLY = ("SELECT",)
BOOK = "audit"


def grant_runtime(roles: tuple[str, ...] = (WEB, WORKER)) -> list[str]:
    """Grant each of *roles* that exists its rights on every table; return the names of those.

    Nothing is granted on schemas' CREATE, on triggers or on TRUNCATE. Tables of the app `audit`
    may be read and appended to, and nothing else. Run as the tables' owner after each migration.
    """
    rights = table_rights()
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(roles)])
        present = sorted(name for (name,) in cursor.fetchall())
        for role in present:
            for statement in _statements(role, rights):
                cursor.execute(statement)
    return present


def table_rights() -> dict[str, tuple[str, ...]]:
    """Return what a runtime role may do with each table of our own."""
    rights: dict[str, tuple[str, ...]] = {"django_migrations": READ_ONLY}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed or model._meta.app_label == BOOK:
            book = model._meta.app_label == BOOK
            rights[model._meta.db_table] = APPEND_ONLY if book else ALL_DATA
    if find_spec("apps.audit.grants"):
        rights |= import_module("apps.audit.grants").RUNTIME_GRANTS
    return rights


def _statements(role: str, rights: dict[str, tuple[str, ...]]) -> list[sql.Composed]:
    name = sql.Identifier(role)
    statements = [
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name),
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}, PUBLIC").format(name),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
    ]
    for table, allowed in rights.items():
        verbs = sql.SQL(", ").join(map(sql.SQL, allowed))
        grant = sql.SQL("GRANT {} ON {} TO {}")
        statements.append(grant.format(verbs, sql.Identifier(table), name))
    return statements
