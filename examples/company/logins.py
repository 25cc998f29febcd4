"""Seneschal's three logins in the demo's warehouse, with the rights they need and no more."""

import secrets
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from examples.company.warehouse import DATABASE, GROUPS, PEOPLE

LOGINS = {"scan": "seneschal_scan", "apply": "seneschal_apply", "probe": "seneschal_probe"}
MASK_KEY = "mask_key"


def create(superuser_dsn: str, folder: Path) -> dict[str, Any]:
    """Create the logins; their passwords go into files of `folder` that only we can read.

    Returns the references by which a system knows them. Raises psycopg.Error when refused.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    references: dict[str, Any] = {}
    with psycopg.connect(superuser_dsn, dbname=DATABASE, autocommit=True) as server:
        for purpose, name in LOGINS.items():
            password = _secret(folder / purpose)
            _login(server, name, password)
            references[purpose] = {"user": name, "secret": f"file:{folder / purpose}"}
        for statement in _rights(server):
            server.execute(statement)
    _secret(folder / MASK_KEY)
    references[MASK_KEY] = f"file:{folder / MASK_KEY}"
    return references


def _secret(place: Path) -> str:
    if not place.exists():
        place.touch(mode=0o600)
        place.write_text(secrets.token_urlsafe(32))
    return place.read_text()


def _login(server: psycopg.Connection, name: str, password: str) -> None:
    if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
        server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    server.execute(
        sql.SQL("ALTER ROLE {} LOGIN {} PASSWORD {}").format(
            sql.Identifier(name),
            sql.SQL("NOINHERIT" if name == LOGINS["probe"] else "INHERIT"),
            sql.Literal(password),
        )
    )


def _rights(server: psycopg.Connection) -> list[sql.Composed]:
    scan, apply, probe = (sql.Identifier(LOGINS[name]) for name in ("scan", "apply", "probe"))
    superusers = server.execute("SELECT rolname FROM pg_roles WHERE rolsuper AND rolcanlogin")
    rights = [
        *(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = '$user', 'public'").format(
                sql.Identifier(name), sql.Identifier(DATABASE)
            )
            for (name,) in superusers.fetchall()
        ),
        sql.SQL("GRANT pg_read_all_data TO {}").format(scan),
        sql.SQL("ALTER ROLE {} CREATEROLE").format(apply),
        sql.SQL("GRANT warehouse_owner TO {}").format(apply),
        sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(sql.Identifier(DATABASE), apply),
    ]
    modern = server.info.server_version >= 160000
    become = sql.SQL(" WITH INHERIT FALSE, SET TRUE" if modern else "")
    for person in (*PEOPLE, *GROUPS):
        role = sql.Identifier(person)
        if person not in GROUPS:
            options = (
                " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE" if modern else " WITH ADMIN OPTION"
            )
            rights.append(sql.SQL("GRANT {} TO {}").format(role, apply) + sql.SQL(options))
        if person != "warehouse_owner":
            rights.append(sql.SQL("GRANT {} TO {}").format(role, probe) + become)
    return rights
