"""Sees to it that somebody can always administer."""

from django.db import connection
from django.db.models import QuerySet

from apps.core.errors import Conflict
from apps.identity.models import User


def take_turns() -> None:
    """Wait for whoever else is taking roles away, so that two cannot remove each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('identity/admins', 0))")


def somebody_stays(left: QuerySet[User]) -> None:
    """Raise Conflict when these, who would be left to administer, are nobody."""
    if not left.exists():
        raise Conflict("Nobody would be left to administer; make another administrator first.")
