"""Making the partitions of the months to come, so that the default one stays empty."""

from datetime import datetime

from django.db import connection, transaction

from apps.core.actors import Actor

MONTHS_AHEAD = 3


def make_partitions(*, at: datetime, actor: Actor) -> list[str]:
    """Make what is missing from this month on; return the names of the new partitions.

    It runs with the rights of the tables' owner through a function of the database that can do
    nothing else. `actor` names who asked; what is made is not a change of anything in the book.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM audit_make_partitions(%s::date, %s) AS name",
            [at.date(), MONTHS_AHEAD + 1],
        )
        return [name for (name,) in cursor.fetchall()]
