"""What a decision would show, read live and never stored, whether or not it stands yet."""

from collections.abc import Mapping
from typing import Any

import psycopg

from apps.connectors.contracts import Preview, Question, Refused
from apps.connectors.postgresql.expect import Oracle, readable
from apps.semantics.evaluate import HIDDEN, cell
from apps.semantics.masks import PLAIN
from apps.semantics.rules import Decision, Shape


def preview(
    connection: psycopg.Connection[Any],
    decision: Decision,
    shape: Shape,
    *,
    limit: int,
    shapes: Mapping[str, Shape],
    key: bytes,
) -> Preview:
    """The first visible rows, masked here by the semantics, as text.

    The connection is read-only and nothing is hidden from it. Raises Refused where it cannot be.
    """
    oracle = Oracle(connection, Question(decision, shape, limit), shapes, key)
    columns = readable(decision, shape)
    masked = frozenset(
        name for branch in decision.branches for name, mask in branch.columns if mask != PLAIN
    )
    try:
        total, visible, rows = oracle.first(limit)
        shown = tuple(
            tuple(
                _text(cell(decision, row, name, shape=shape, key=key, follow=oracle.follow))
                for name in columns
            )
            for row in rows
        )
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refused(
            f"Our own login cannot see every row of {shape.dataset}: {error.diag.message_primary}."
        ) from error
    except (TypeError, ValueError, AttributeError, AssertionError) as error:
        raise Refused(f"{shape.dataset} holds a value that cannot be masked here.") from error
    return Preview(columns, masked, shown, visible, total)


def _text(value: Any) -> str | None:
    return None if value is HIDDEN or value is None else str(value)
