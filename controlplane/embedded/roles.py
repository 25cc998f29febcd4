"""The three roles of our own database: one that owns its tables, two that run the product."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

DATABASE = "seneschal"
OWNER = "seneschal_owner"
WEB = "seneschal_web"
WORKER = "seneschal_worker"
ROLES = {"owner": OWNER, "web": WEB, "worker": WORKER}


def ensure_roles(
    admin: psycopg.Connection[tuple[object, ...]], passwords: Mapping[str, str]
) -> None:
    """Make the roles where they are missing and set their *passwords* (by `owner`, `web`, …)."""
    for part, role in ROLES.items():
        name = sql.Identifier(role)
        known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
        if not known:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        password = sql.Literal(passwords[part])
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, password))


def ensure_database(admin: psycopg.Connection[tuple[object, ...]], name: str = DATABASE) -> bool:
    """Make the database, owned by the owner role and closed to PUBLIC; tell whether it is new."""
    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return False
    database = sql.Identifier(name)
    create = sql.SQL("CREATE DATABASE {} OWNER {}")
    admin.execute(create.format(database, sql.Identifier(OWNER)))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    runtime = sql.SQL(", ").join(map(sql.Identifier, (WEB, WORKER)))
    admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, runtime))
    return True
