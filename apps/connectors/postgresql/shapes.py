"""The columns of tables as they are now, for the paths of foreign keys that a decision follows."""

from typing import Any

import psycopg
from psycopg.sql import Identifier

from apps.connectors.names import parts
from apps.semantics.filters import led_to
from apps.semantics.rules import Column, Decision, Shape

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull
FROM pg_attribute a
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


def shapes_around(connection: psycopg.Connection[Any], decision: Decision) -> dict[str, Shape]:
    """The shapes of every dataset that the decision's filters lead to."""
    wanted = {name for branch in decision.branches for name in led_to(branch.filter)}
    return {name: _shape(connection, name) for name in sorted(wanted)}


def _shape(connection: psycopg.Connection[Any], dataset: str) -> Shape:
    name = Identifier(*parts(dataset)).as_string(None)
    rows = connection.execute(_COLUMNS, (name,)).fetchall()
    return Shape(dataset, tuple(Column(column, type, nullable) for column, type, nullable in rows))
