"""What the page for developers shows works, and what it names exists."""

import re
from pathlib import Path

from apps.catalog import detecting
from apps.catalog.detecting import Look

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs" / "development.md").read_text()


def test_the_detector_on_the_page_detects(monkeypatch) -> None:
    monkeypatch.setattr(detecting, "_detectors", {})
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    module = {"__name__": "number_plate"}
    exec(compile(example, "number_plate.py", "exec"), module)
    detect = module["detect"]
    plates = tuple(f"AB {12345 + n}" for n in range(20))
    found = detect(Look("number_plate", "text", values=plates))
    assert (found.tag, found.confidence) == ("pii.number_plate", 0.99)
    assert detect(Look("number_plate", "text", values=("blue", "red", "large", "x", "y"))) is None
    assert detect(Look("plates_served", "text", values=plates)) is None


def test_every_file_and_folder_that_the_page_names_exists() -> None:
    for path in re.findall(r"`((?:apps|controlplane|templates|static|tests|docs)/[\w/.]*)`", PAGE):
        assert (PROJECT / path).exists(), path


def test_every_make_target_that_a_page_names_exists() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    pages = [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(), re.MULTILINE):
            assert f"\n{target}:" in makefile, (page.name, target)


def test_every_marker_and_variable_of_tests_that_the_page_names_is_used() -> None:
    options = (PROJECT / "pyproject.toml").read_text()
    for marker in ("heavy", "browser", "live"):
        assert f'"{marker}: ' in options
    code = "".join(path.read_text() for path in (PROJECT / "tests").glob("*.py"))
    for variable in re.findall(r"`(SENESCHAL_[A-Z0-9_]+)=", PAGE):
        assert variable in code, variable
