"""The reference of all settings as Markdown, made from the model that reads them."""

import types
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from controlplane.settings.model import Settings, variable

HEAD = """\
# Settings

Printed by `python manage.py settings_reference`; a test fails when it is out of date.

Everything is set by environment variables. `make run` needs none of them.
"""


def reference() -> str:
    """Return the page."""
    return HEAD + "".join(_section(name, field) for name, field in Settings.model_fields.items())


def _section(name: str, field: FieldInfo) -> str:
    default = "none" if field.default is None else f"`{field.default}`"
    return (
        f"\n## `{variable(name)}`\n\n{field.description}\n\n"
        f"*{_kind(field.annotation)}; default {default}*\n"
    )


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join(_kind(part) for part in get_args(annotation) if part is not type(None))
    words = {
        "str": "text",
        "int": "whole number",
        "bool": "`true` or `false`",
        "Path": "folder",
        "SecretStr": "secret text",
        "PostgresDsn": "address",
        "RedisDsn": "address",
    }
    return words.get(getattr(annotation, "__name__", ""), "text")
