"""Every link and picture of the documentation leads somewhere."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_BLOCK = re.compile(r"```.*?```", re.DOTALL)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def pages() -> list[Path]:
    """All Markdown of the project's own."""
    return sorted([PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")])


def links(page: Path) -> Iterator[str]:
    """What the page leads to, code left aside."""
    for link in _LINK.findall(_CODE.sub("", page.read_text())):
        yield link[0] or link[1]


def anchors(page: Path) -> set[str]:
    """The anchors of the headings, as they are made on the usual sites."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", _BLOCK.sub("", page.read_text()), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_and_picture_exists(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(PROJECT), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_is_in_the_index() -> None:
    index = PROJECT / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    known = {page for page in pages() if "adr" not in page.parts}
    missing = known - listed - {index, PROJECT / "README.md"}
    assert {str(page.relative_to(PROJECT)) for page in missing} == set()


def test_every_decision_is_in_its_index() -> None:
    folder = PROJECT / "docs" / "adr"
    listed = {(folder / link).resolve() for link in links(folder / "README.md")}
    assert set(folder.glob("0*.md")) == listed & set(folder.glob("0*.md"))


def test_every_picture_that_a_page_shows_is_kept_in_git() -> None:
    kept = subprocess.run(
        ["git", "ls-files", "docs"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    for page in pages():
        for link in links(page):
            if link.endswith((".png", ".svg")):
                path = (page.parent / link).resolve().relative_to(PROJECT)
                assert str(path) in kept, link
