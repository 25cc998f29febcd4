"""The product's own source, parsed once, for tests that read it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("apps", "controlplane", "cli")


@dataclass(frozen=True)
class Module:
    """One file of Python."""

    path: Path
    tree: ast.Module
    lines: int

    @property
    def name(self) -> str:
        """Its path from the project's folder."""
        return self.path.relative_to(PROJECT).as_posix()

    @property
    def rooms(self) -> tuple[str, ...]:
        """The names on the way to it below its app, without `.py`."""
        return tuple(self.path.relative_to(PROJECT).with_suffix("").parts[2:])

    @property
    def is_of_services(self) -> bool:
        """Whether it belongs to an app's room that writes."""
        return self.rooms[:1] == ("services",)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method in it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def calls(self) -> Iterator[ast.Call]:
        """Every call in it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the product, migrations left out."""
    found = []
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                text = path.read_text()
                found.append(Module(path, ast.parse(text), text.count("\n")))
    return tuple(found)


def dotted(node: ast.expr) -> str:
    """A name or attribute as written, `a.b.c`; empty for anything else at its root."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else f".{node.attr}"
    return ""
