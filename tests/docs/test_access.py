"""The page about access names every state and end that there is, and no other."""

import re
from pathlib import Path

from apps.access.models import AccessRequest, Grant

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "access.md").read_text()


def test_the_states_of_a_request_are_on_the_page() -> None:
    assert _first_words("| A request is | until |") == set(AccessRequest.State.values)


def test_the_reasons_for_which_a_grant_ends_are_on_the_page() -> None:
    assert _first_words("| A grant ends | because |") == set(Grant.EndReason.values)


def _first_words(head: str) -> set[str]:
    table = PAGE.partition(head)[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
