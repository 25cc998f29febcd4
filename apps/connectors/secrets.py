"""Turns a secret reference (`env:NAME`, `file:/path`) into its value, at the moment of use."""

import os
from pathlib import Path

from apps.connectors.contracts import Refused


class References:
    """The references that need no other system: the environment and files."""

    def resolve(self, reference: str) -> str:
        """The secret behind the reference, without a line end after it.

        Raises Refused when the reference is of no known kind or there is nothing behind it.
        """
        kind, _, name = reference.partition(":")
        if kind == "env" and name:
            return _from_environment(name)
        if kind == "file" and name:
            return _from_file(Path(name))
        raise Refused(
            "A secret is referred to as env:NAME or file:/path, and this reference is neither."
        )


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise Refused(f"The environment variable {name}, which should hold a secret, is not set.")
    return value


def _from_file(path: Path) -> str:
    if not path.is_absolute():
        raise Refused(f"The file of a secret is given by its whole path, and {path} is not one.")
    try:
        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The file {path}, which should hold a secret, cannot be read.") from error
    if not value:
        raise Refused(f"The file {path}, which should hold a secret, is empty.")
    return value
