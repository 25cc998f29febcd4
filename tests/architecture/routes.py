"""Every route of the product, walked out of the URLconf."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ALLAUTH = "/accounts/"


@dataclass(frozen=True)
class Route:
    """One address with its view."""

    path: str
    """As written in the URLconf: `/api/v1/users/<uuid:uuid>`."""
    view: Callable[..., Any]

    @property
    def is_api(self) -> bool:
        """Whether programs call it."""
        return self.path.startswith("/api/")

    @property
    def is_allauth(self) -> bool:
        """Whether it belongs to allauth, whose methods are its own business."""
        return self.path.startswith(ALLAUTH)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """(converter, name) of each parameter in the path."""
        return [
            (converter or "str", name)
            for converter, name in re.findall(r"<(?:(\w+):)?(\w+)>", self.path)
        ]

    def offers(self, method: str) -> bool | None:
        """Whether the view answers this method; None when it cannot be told without asking."""
        actions = getattr(self.view, "actions", None)
        if actions is not None:
            return method.lower() in actions
        of_class = getattr(self.view, "cls", None) or getattr(self.view, "view_class", None)
        return hasattr(of_class, method.lower()) if of_class is not None else None

    def url(self, values: dict[str, Any]) -> str:
        """The address with these values for its parameters."""
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), self.path)


def routes() -> list[Route]:
    """Every route there is, in order of path."""
    return sorted(_walk(get_resolver().url_patterns, "/"), key=lambda route: route.path)


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for pattern in patterns:
        path = before + _written(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            yield Route(path, pattern.callback)


def _written(pattern: str) -> str:
    """A regular expression of allauth's, written like a path."""
    plain = pattern.removeprefix("^").removesuffix("$").removesuffix("\\Z")
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<str:\1>", plain)
