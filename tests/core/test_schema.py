"""The API's schema says what the doors do."""

from functools import cache
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from apps.core.problems import MEDIA_TYPE


@cache
def schema() -> dict[str, Any]:
    """The schema of the whole API."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return generated


def operations() -> list[tuple[str, dict[str, Any]]]:
    """(METHOD path, operation) of each operation."""
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in schema()["paths"].items()
        for method, operation in methods.items()
    ]


def parameters(name: str) -> dict[str, dict[str, Any]]:
    """The parameters of one operation by name."""
    operation = dict(operations())[name]
    return {parameter["name"]: parameter for parameter in operation["parameters"]}


def test_the_schema_is_made_without_a_complaint(capsys: pytest.CaptureFixture[str]) -> None:
    schema.cache_clear()
    schema()
    assert capsys.readouterr().err == ""


def test_every_operation_says_how_problems_look() -> None:
    silent = [
        name
        for name, operation in operations()
        if name != "GET /api/v1/schema"
        and MEDIA_TYPE not in operation["responses"].get("default", {}).get("content", {})
    ]
    assert silent == []


def test_every_operation_needs_a_token_or_a_session() -> None:
    schemes = schema()["components"]["securitySchemes"]
    assert schemes["token"]["scheme"] == "bearer"
    open_ones = [name for name, operation in operations() if not operation.get("security")]
    assert open_ones == []
    assert not any({} in operation["security"] for _, operation in operations())


def test_every_operation_is_named_once_and_described() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(names) == len(set(names))
    assert [name for name, operation in operations() if not operation.get("description")] == []


def test_a_decision_asks_for_the_version_it_is_upon() -> None:
    header = parameters("POST /api/v1/approvals/{uuid}/decide")["If-Match"]
    assert header["required"]
    assert header["in"] == "header"


def test_lists_say_how_they_are_turned_over() -> None:
    found = parameters("GET /api/v1/users")
    assert found["limit"]["schema"]["maximum"] == 200
    assert {"cursor", "kind", "is_active"} <= set(found)
