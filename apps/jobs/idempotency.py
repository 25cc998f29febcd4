"""Lets a creating request be sent again: with the same Idempotency-Key it has the same answer."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from apps.jobs.services.idempotency import Attempt, answered_before, remember

_KEPT_HEADERS = ("ETag", "Location")


class IdempotentCreate(GenericViewSet[Any]):
    """Mix-in before `WriteSet`: the actions in `idempotent` heed the header Idempotency-Key.

    The answer is kept in the transaction of the change, so there is never one without the other;
    an action that raises keeps nothing and may be tried again under the same key.
    """

    idempotent: frozenset[str] = frozenset({"create"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authorising, put the remembering around the action."""
        super().initial(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key")
        if key is not None and self.action in self.idempotent:
            method = (request.method or "").lower()
            setattr(self, method, _once(getattr(self, method), key))


def _once(carry_out: Callable[..., Response], key: str) -> Callable[..., Response]:
    def handle(request: Request, *args: Any, **kwargs: Any) -> Response:
        attempt = Attempt(
            actor=request.user.ref,  # type: ignore[union-attr]
            method=request.method or "",
            path=request.path,
            key=key,
            digest=_digest(request.data),
        )
        with transaction.atomic():
            reply = answered_before(attempt=attempt)
            if reply is not None:
                return Response(reply.body, status=reply.status, headers=reply.headers)
            response = carry_out(request, *args, **kwargs)
            remember(
                attempt=attempt,
                status=response.status_code,
                headers={name: response[name] for name in _KEPT_HEADERS if name in response},
                body=json.loads(JSONRenderer().render(response.data) or b"null"),
            )
            return response

    return handle


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()
