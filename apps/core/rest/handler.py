"""DRF's exception handler, answering with RFC 9457 problems."""

from collections.abc import Mapping
from typing import Any

from rest_framework.response import Response

from apps.core.problems import MEDIA_TYPE, document_of


def problem_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The response for this error; None lets Django answer 500 and log it."""
    document = document_of(error)
    if document is None:
        return None
    return Response(
        document.as_json(context["request"].path),
        status=document.status,
        headers=dict(document.headers),
        content_type=MEDIA_TYPE,
    )
