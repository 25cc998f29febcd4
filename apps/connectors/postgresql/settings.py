"""The search_path by which governed roles reach our views under the tables' own names; pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.connectors.postgresql import names

USUAL = '"$user", public'
"""PostgreSQL's own search_path, where nobody set another."""

_ELEMENT = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,"]+?))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Paths:
    """The search_paths set for a database (None: not set) and for roles within it or everywhere."""

    database: str | None
    in_database: dict[str, str]
    everywhere: dict[str, str]


def of(rows: Iterable[tuple[Any, ...]]) -> Paths:
    """The search_paths among the rows of `facts.settings`."""
    database: str | None = None
    in_database: dict[str, str] = {}
    everywhere: dict[str, str] = {}
    for role, here, config, _ in rows:
        path = path_in(config)
        if path is None:
            continue
        if not role and here:
            database = path
        elif role:
            (in_database if here else everywhere)[role] = path
    return Paths(database, in_database, everywhere)


def leads_to_ours(paths: Paths) -> bool:
    """Whether the database's path begins with our schema."""
    return schemas_of(paths.database or "")[:1] == [names.SCHEMA]


def unaffected(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """The superusers that have a path of their own without our schema."""
    kept = list(rows)
    paths = of(kept)
    superusers = {role for role, _, _, superuser in kept if superuser}
    return sorted(
        role
        for role in superusers
        if names.SCHEMA
        not in schemas_of(paths.in_database.get(role) or paths.everywhere.get(role) or names.SCHEMA)
    )


def keeps_away(config: Iterable[str]) -> bool:
    """Whether a role with these settings has a path of its own, which does not name our schema."""
    path = path_in(config)
    return path is not None and names.SCHEMA not in schemas_of(path)


def with_ours(path: str | None) -> str:
    """The path with our schema before everything else."""
    return f"{names.SCHEMA}, {path or USUAL}"


def without_ours(path: str) -> str:
    """The path as it was before."""
    rest = [schema for schema in schemas_of(path) if schema != names.SCHEMA]
    return ", ".join(_quoted(schema) for schema in rest)


def schemas_of(path: str) -> list[str]:
    """The schemas that a path names, in order."""
    found = []
    for quoted, plain in _ELEMENT.findall(path):
        if quoted or plain.strip():
            found.append(quoted.replace('""', '"') if quoted else plain.strip().lower())
    return found


def _quoted(schema: str) -> str:
    if re.fullmatch(r"[a-z_][a-z0-9_]*", schema):
        return schema
    return '"' + schema.replace('"', '""') + '"'


def path_in(config: Iterable[str] | None) -> str | None:
    """The search_path among a role's or a database's settings; None when they name none."""
    for each in config or ():
        name, _, value = each.partition("=")
        if name == "search_path":
            return value
    return None
