"""Writes the generated tables of the documentation: `python -m tests.docs.tables`."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from apps.catalog.detecting import detectors
from tests.docs.constructs import (
    COMPARISONS,
    MASKS,
    Outcome,
    columns_by_comparison,
    columns_by_mask,
    constructs,
    outcome,
)
from tests.docs.leak_paths import PATHS, file_of, verdicts

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "connectors" / "postgresql.md"
MADE = {
    "connectors/postgresql.md": ("constructs", "masks", "comparisons", "leak-paths"),
    "catalog.md": ("detectors",),
}
"""The pages with the tables that each has."""
WORDS = {"expressed": "expressed", "stricter": "**more strictly**", "refused": "**refused**"}


def generated() -> dict[str, str]:
    """Each table by the name between its markers."""
    return {
        "constructs": _constructs(),
        "masks": _matrix(MASKS_SHOWN, ((t, m.function.value, o) for t, m, o in columns_by_mask())),
        "comparisons": _matrix(COMPARISONS, columns_by_comparison()),
        "leak-paths": _leak_paths(),
        "detectors": _detectors(),
    }


MASKS_SHOWN = tuple(mask.function.value for mask in MASKS)


def _constructs() -> str:
    lines = ["| Decided | | Where, or why not |", "|---|---|---|"]
    group = ""
    for each in constructs():
        if each.group != group:
            group = each.group
            lines.append(f"| **{group}** | | |")
        found = outcome(each)
        lines.append(f"| {each.said} | {WORDS[found.verdict]} | {_sentence(found)} |")
    return "\n".join(lines)


def _sentence(found: Outcome) -> str:
    return f"*{found.text}*" if found.verdict == "refused" else found.text


def _matrix(columns: Iterable[str], cells: Iterable[tuple[str, str, Outcome]]) -> str:
    names = tuple(columns)
    by_type: dict[str, list[str]] = {}
    for type, _, found in cells:
        by_type.setdefault(type, []).append("yes" if found.verdict == "expressed" else "—")
    head = f"| Type | {' | '.join(f'`{name}`' for name in names)} |"
    rows = [f"| `{type}` | {' | '.join(said)} |" for type, said in by_type.items()]
    return "\n".join([head, "|---" * (len(names) + 1) + "|", *rows])


def _leak_paths() -> str:
    lines = ["| Way | | Shown by |", "|---|---|---|"]
    for group, paths in PATHS.items():
        lines.append(f"| **{group}** | | |")
        for path in paths:
            shown = "<br>".join(f"[`{test}`]({_address(test)})" for test in path.tests)
            kinds = f" ({', '.join(f'`{kind}`' for kind in path.kinds)})" if path.kinds else ""
            lines.append(f"| {path.way} | {', '.join(verdicts(path))}{kinds} | {shown} |")
    return "\n".join(lines)


def _address(test: str) -> str:
    return f"../../tests/connectors/postgresql/{file_of(test)}.py"


def _detectors() -> str:
    lines = ["| Detector | Recognises | Proposes |", "|---|---|---|"]
    for one in detectors():
        tags = ", ".join(f"`{tag.key}` ({tag.name}, {tag.rank})" for tag in one.tags)
        lines.append(f"| `{one.name}` | {one.says} | {tags} |")
    return "\n".join(lines)


def filled(page: str, names: Iterable[str]) -> str:
    """The page with its tables as they are generated now."""
    tables = generated()
    for name in names:
        begin, end = f"<!-- generated: {name} -->", "<!-- end -->"
        pattern = re.compile(re.escape(begin) + r"\n.*?" + re.escape(end), re.DOTALL)
        assert len(pattern.findall(page)) == 1, f"{name} has its markers once"
        page = pattern.sub(lambda _, text=f"{begin}\n{tables[name]}\n{end}": text, page)
    return page


def main() -> int:
    """Write them."""
    for name, tables in MADE.items():
        page = DOCS / name
        page.write_text(filled(page.read_text(), tables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
