"""Reads JSON bodies, and refuses what no field of ours could hold."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer

DEEPEST = 64
"""Levels of nesting; no document of ours has ten."""


class TooLarge(APIException):
    """The body is longer than this address accepts."""

    status_code = 413
    default_code = "too-large"


class StrictJSONParser(JSONParser):
    """JSON in UTF-8, of bounded size and depth.

    Names stand once in an object; numbers are finite; text has neither NUL nor half a surrogate
    pair, which PostgreSQL cannot keep.
    """

    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The document in the body. Raises ParseError (400) or TooLarge (413)."""
        limit = getattr((parser_context or {}).get("view"), "body_limit", settings.API_BODY_LIMIT)
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(f"A body may have {limit} bytes at most.")
        try:
            document = json.loads(
                body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant
            )
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON in UTF-8: {error}") from None
        _check(document)
        return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _check(value: Any, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise ParseError("The body is nested too deeply.")
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ParseError("A number is out of range.")
    elif isinstance(value, dict):
        for name, inner in value.items():
            check_text(name)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)


def check_text(text: str) -> None:
    """Raise ParseError when PostgreSQL could not keep this text."""
    if "\x00" in text:
        raise ParseError("Text may not contain the NUL character.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ParseError("Text may not contain half a surrogate pair.") from None
