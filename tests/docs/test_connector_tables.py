"""The tables of a connector's page are what the connector answers, and what its tests show."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.constructs import COMPARISONS, MASKS, TYPES, constructs, outcome
from tests.docs.leak_paths import PATHS, TESTS, VERDICTS, file_of, verdicts
from tests.docs.tables import DOCS, MADE, filled

PROJECT = Path(__file__).resolve().parents[2]
WAYS = [way for group in PATHS.values() for way in group]
LEAKS = PROJECT / "apps" / "connectors" / "postgresql"


@pytest.mark.parametrize("name", MADE)
def test_a_page_with_generated_tables_is_current(name: str) -> None:
    """`python -m tests.docs.tables` makes it so."""
    page = (DOCS / name).read_text()
    assert page == filled(page, MADE[name])


def test_every_verdict_occurs_so_that_the_table_tells_them_apart() -> None:
    found = {outcome(each).verdict for each in constructs()}
    assert found == {"expressed", "stricter", "refused"}
    assert len(MASKS) * len(TYPES) > 100
    assert len(COMPARISONS) == 4


def test_every_refusal_is_a_sentence() -> None:
    for each in constructs():
        found = outcome(each)
        if found.verdict == "refused":
            assert found.text.endswith("."), (each.said, found.text)


@pytest.fixture(scope="module")
def collected() -> set[str]:
    """The names of the tests that pytest collects about the connector, without parameters."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "tests/connectors/postgresql"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    return {
        line.partition("::")[0].rpartition("/")[2]
        + "::"
        + line.partition("::")[2].partition("[")[0]
        for line in done.stdout.splitlines()
        if "::" in line
    }


def test_every_test_that_the_page_names_is_collected(collected: set[str]) -> None:
    named = {f"{file_of(test)}.py::{test}" for way in WAYS for test in way.tests}
    assert named <= collected


def test_every_test_about_a_leak_is_on_the_page(collected: set[str]) -> None:
    named = {test for way in WAYS for test in way.tests}
    about = {one.partition("::")[2] for one in collected if one.partition(".")[0] in VERDICTS}
    assert about - named == set()
    assert len(about) > 60


def test_no_way_is_without_an_answer() -> None:
    for way in WAYS:
        assert verdicts(way), way.way
        assert way.shown in ("", *VERDICTS.values())


def test_every_kind_of_bypass_that_a_scan_can_tell_is_on_the_page() -> None:
    named = {kind for way in WAYS for kind in way.kinds}
    assert named == _kinds(LEAKS / "leaks_data.py") | _kinds(LEAKS / "leaks_roles.py")


def _kinds(file: Path) -> set[str]:
    """The kinds in a module: words given as a `kind`, first to `_of_role`, or in its tables."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            for keyword in node.keywords:
                if name == "Bypass" and keyword.arg == "kind":
                    found |= _words(keyword.value)
            if name == "_of_role" and isinstance(node.args[0], ast.Constant):
                found |= _words(node.args[0])
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for value in node.value.values:
                if isinstance(value, ast.Tuple) and isinstance(value.elts[0], ast.Constant):
                    found |= _words(value.elts[0])
    return found


def _words(node: ast.AST) -> set[str]:
    if isinstance(node, ast.IfExp):
        return _words(node.body) | _words(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def test_the_files_of_the_leak_tests_are_there() -> None:
    assert all((TESTS / f"{name}.py").exists() for name in VERDICTS)
