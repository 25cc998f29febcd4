"""Emptying the audit book between tests, which only the owner of its tables can, and only here."""

from collections.abc import Callable
from typing import Any

from django.db import connection

_EACH_GUARD = """
DO $$ DECLARE guard record; BEGIN
    FOR guard IN SELECT tgrelid::regclass AS place, tgname AS name FROM pg_trigger
        WHERE tgname IN ('audit_no_change', 'audit_no_truncate') AND tgparentid = 0
    LOOP EXECUTE format('ALTER TABLE %s {verb} TRIGGER %I', guard.place, guard.name); END LOOP;
END $$"""
LIFT = _EACH_GUARD.format(verb="DISABLE")
RESTORE = _EACH_GUARD.format(verb="ENABLE ALWAYS")


def let_tests_flush_the_book() -> None:
    """Make Django's flush after a transactional test lift the book's triggers and restore them."""
    flush: Callable[..., list[str]] = connection.ops.sql_flush

    def flush_book_too(*args: Any, **kwargs: Any) -> list[str]:
        statements = flush(*args, **kwargs)
        return [LIFT, *statements, RESTORE] if statements else []

    connection.ops.sql_flush = flush_book_too  # type: ignore[method-assign]
