"""Which connectors there are: name to dotted path, imported on first use."""

from importlib import import_module
from typing import Any

from apps.connectors.contracts import Refused

TARGETS = {"postgresql": "apps.connectors.postgresql.target:PostgresTarget"}
"""Connectors that enforce."""

SCANNERS = {"postgresql": "apps.connectors.postgresql.scan:PostgresScanner"}
"""Connectors that list."""

LOGINS = {"postgresql": "apps.connectors.postgresql.connect:Login"}
"""What these connectors log in with."""


def target_class(name: str) -> Any:
    """The Target class of that connector. Raises Refused when there is none or it cannot load."""
    return _load(TARGETS, name)


def scanner_class(name: str) -> Any:
    """The Scanner class of that connector. Raises Refused when there is none or it cannot load."""
    return _load(SCANNERS, name)


def login_class(name: str) -> Any:
    """The Login class of that connector. Raises Refused when there is none or it cannot load."""
    return _load(LOGINS, name)


def _load(paths: dict[str, str], name: str) -> Any:
    if name not in paths:
        raise Refused(f"There is no connector called {name}; known are {', '.join(sorted(paths))}.")
    module, _, attribute = paths[name].partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ImportError as error:
        raise Refused(f"The connector {name} needs a library that is missing: {error}.") from error
