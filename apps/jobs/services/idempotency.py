"""Remembers what was answered under an Idempotency-Key, in the transaction of the change."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.core.errors import Conflict, Invalid, Refused
from apps.core.refs import Ref
from apps.jobs.models import IdempotentReply

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Attempt:
    """One creating request: who sent it where, under which key, and a digest of what it said."""

    actor: Ref
    method: str
    path: str
    key: str
    digest: str


def answered_before(*, attempt: Attempt) -> IdempotentReply | None:
    """What was answered to the same request before; None when this is the first time.

    Holds a lock until the transaction ends, so that the request is carried out once. Raises
    Invalid for a key that cannot be one, Conflict while the first is still being carried out,
    Refused when the key came with another request before.
    """
    if not 1 <= len(attempt.key) <= LONGEST_KEY or not attempt.key.isprintable():
        raise Invalid(
            f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters.",
            fields={"Idempotency-Key": "cannot be used"},
        )
    _hold(attempt)
    reply = IdempotentReply.objects.filter(
        actor=attempt.actor, method=attempt.method, path=attempt.path, key=attempt.key
    ).first()
    if reply is not None and reply.request_hash != attempt.digest:
        raise Refused(
            "This Idempotency-Key came with another request before; take a new key.",
            fields={"Idempotency-Key": "was used for another request"},
        )
    return reply


def remember(
    *, attempt: Attempt, status: int, headers: dict[str, str], body: Any
) -> IdempotentReply:
    """Keep the answer, so that it is given again when the request comes again."""
    return IdempotentReply.objects.create(
        actor=attempt.actor,
        method=attempt.method,
        path=attempt.path,
        key=attempt.key,
        request_hash=attempt.digest,
        status=status,
        headers=headers,
        body=body,
    )


def _hold(attempt: Attempt) -> None:
    name = "\0".join((attempt.actor, attempt.method, attempt.path, attempt.key)).encode()
    number = int.from_bytes(hashlib.sha256(name).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    if not row or not row[0]:
        raise Conflict("The same request is being carried out; ask again in a moment.")
