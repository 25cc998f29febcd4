"""What holds for every template: icons exist, nothing inline, components say what they take."""

import hashlib
import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((PROJECT / "templates").rglob("*.html"))
COMPONENTS = sorted((PROJECT / "templates" / "components").glob("*.html"))
PYTHON = [path for path in (PROJECT / "apps").rglob("*.py") if path.parent.name != "migrations"]

IN_TEMPLATES = re.compile(r"""(?:<c-icon\s[^>]*?\bname|\bicon)=["']([a-z0-9-]+)["']""")
IN_PYTHON = re.compile(r"""\bicon["']?\s*[:=]\s*["']([a-z0-9-]+)["']""")
INLINE_IN_A_SENTENCE = ["badge", "icon", "key", "mono", "say", "tag", "tile", "time", "avatar"]


def icons_of_the_sprite() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (PROJECT / "static/icons.svg").read_text()))


def without_comments(text: str) -> str:
    return re.sub(r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}|{#.*?#}", "", text, flags=re.DOTALL)


def test_the_sprite_holds_every_icon_that_a_page_names() -> None:
    used = {
        (name, path.relative_to(PROJECT).as_posix())
        for paths, pattern in ((TEMPLATES, IN_TEMPLATES), (PYTHON, IN_PYTHON))
        for path in paths
        for name in pattern.findall(path.read_text())
    }
    sprite = icons_of_the_sprite()
    assert len(used) > 30
    assert [use for use in sorted(used) if use[0] not in sprite] == []


def test_the_sprite_is_built_from_the_list_of_names() -> None:
    names = set((PROJECT / "assets/icons.txt").read_text().split())
    assert icons_of_the_sprite() == names | {"keyhole"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_template_keeps_to_the_content_security_policy(path: Path) -> None:
    text = without_comments(path.read_text())
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "inline script"
    assert not re.search(r"<style\b", text), "inline style sheet"
    assert not re.search(r"\sstyle=[\"'](?![a-z]+[\"'])", text), "inline style"
    assert not re.search(r"\s(?:on[a-z]+|hx-on[:a-z-]*)=", text), "inline handler"
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text), "external load"


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_a_component_says_at_its_top_what_it_takes_and_is_in_the_guide(path: Path) -> None:
    text = path.read_text()
    said = re.match(r"{% comment %}(.*?){% endcomment %}", text, flags=re.DOTALL)
    assert said
    assert len(said[1].split()) > 3
    declared = re.search(r"<c-vars\s(.*?)/>", text, flags=re.DOTALL)
    for name in re.findall(r":?([a-z_-]+)=", declared[1]) if declared else []:
        if name != "class":
            assert re.search(rf"\b{name}\b", said[1]), f"{name} is not explained"
    if path.stem != "diff_lines":
        guide = (PROJECT / "docs/design-system.md").read_text()
        assert f"c-{path.stem.replace('_', '-')}" in guide


@pytest.mark.parametrize("name", INLINE_IN_A_SENTENCE)
def test_a_component_within_a_sentence_adds_no_space_around_itself(name: str) -> None:
    drawn = render_to_string(f"components/{name}.html")
    assert drawn == drawn.strip()
    assert (PROJECT / f"templates/components/{name}.html").read_text().count("\n") == 1


def test_the_built_stylesheet_is_of_these_sources() -> None:
    folder = PROJECT / "assets"
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.css")):
        digest.update((folder / name).read_bytes())
    built = (PROJECT / "static/css/seneschal.css").read_text()
    assert f"/* sources {digest.hexdigest()[:16]} */" in built, "run `npm ci` and `make css`"


def test_the_built_stylesheet_knows_every_class_that_a_template_uses() -> None:
    built = (PROJECT / "static/css/seneschal.css").read_text()
    used = {(name, path.name) for path in TEMPLATES for name in classes_of(path.read_text())}
    assert len(used) > 300
    assert [use for use in sorted(used) if f".{escaped(use[0])}" not in built] == []


def classes_of(text: str) -> set[str]:
    """The classes that a template names whole; those it puts together are left out."""
    names: set[str] = set()
    for value in re.findall(r'class="([^"]*)"', without_comments(text)):
        whole = re.sub(r"{%.*?%}", " ", re.sub(r"{{.*?}}", "@", value))
        names |= {name for name in whole.split() if "@" not in name and "{" not in name}
    return names


def escaped(name: str) -> str:
    """A class as a selector writes it."""
    return re.sub(r"([^a-zA-Z0-9_-])", r"\\\1", name)
