"""The page about people says of every role what it permits, as the code has it."""

import re
from pathlib import Path

from apps.identity.permissions import PERMISSIONS, WITHOUT_DOMAIN, Role
from apps.identity.services import LONGEST_TOKEN
from apps.identity.wording import WORDS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "people.md").read_text()


def test_the_table_of_roles_is_what_the_code_permits() -> None:
    head, _, *rows = [line for line in PAGE.splitlines() if line.startswith("|")][4:]
    roles = {str(role.label): role for role in Role}
    columns = [roles[name] for name in cells(head)[1:]]
    assert set(columns) == set(Role)
    said: dict[str, set[Role]] = {}
    for row in rows:
        what, *marks = cells(row)
        name = re.findall(r"`(.*?)`", what)[0]
        assert what.startswith(f"{WORDS[name]} `")
        assert what.endswith("¹") == (name in WITHOUT_DOMAIN)
        said[name] = {role for role, mark in zip(columns, marks, strict=True) if mark}
    assert said == {name: {role for role in Role if name in PERMISSIONS[role]} for name in WORDS}


def test_the_page_says_how_long_a_token_lasts_at_most() -> None:
    assert f"ends within {LONGEST_TOKEN.days} days" in PAGE


def cells(row: str) -> list[str]:
    """What stands between the bars."""
    return [cell.strip() for cell in row.strip("|").split("|")]
