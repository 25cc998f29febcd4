"""Writing into the book, inside the transaction of the change that is written down."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import structlog
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.audit.canonical import canonical, instant
from apps.audit.models import Entry
from apps.core.actors import Actor
from apps.core.errors import Problem
from apps.core.refs import Ref

FORMAT = 1


class NotInTransaction(RuntimeError):
    """`record` was called where the entry could stand without its change, or the change alone."""


class NotRecorded(Problem):
    """The book cannot be written; nothing changes until it can."""

    status = 503
    slug = "not-recorded"
    title = "It cannot be written down"


def record(
    *,
    action: str,
    subject: Ref,
    actor: Actor,
    detail: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Entry:
    """Write one entry; it stands if and only if the caller's change stands.

    `action` is `app.verb_noun`. `before` and `after` hold what the change replaced and by what.
    The request id of the log goes with it, so that one request's entries can be found together.

    Raises NotInTransaction outside of a transaction, and NotRecorded when the entry cannot be
    written, which ends the caller's transaction: what cannot be written down does not happen.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(f"{action} must be recorded in the transaction of its change")
    at = timezone.now()
    said: dict[str, object] = {
        "action": action,
        "actor": actor.ref,
        "at": instant(at),
        "subject": subject,
        "uuid": str(uuid4()),
        "v": FORMAT,
    }
    parts = {"detail": detail, "before": before, "after": after, "request": _request_id()}
    said |= {name: part for name, part in parts.items() if part is not None}
    try:
        return Entry.objects.create(at=at, body=canonical(said).decode())
    except DatabaseError as error:
        raise NotRecorded(
            "It could not be written into the audit book, so it was not done."
        ) from error


def _request_id() -> str | None:
    """The id that this request's or job's log lines carry."""
    found = structlog.contextvars.get_contextvars().get("request_id")
    return str(found) if found else None
