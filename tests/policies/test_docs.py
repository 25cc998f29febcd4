"""The page about policies names everything that a policy can say, and its example is one."""

import json
import re
from pathlib import Path

import pytest

from apps.policies.definition import ReviewerKind, SubjectKind
from apps.policies.expressions import Sensitivity
from apps.policies.models import Kind, PolicyTier
from apps.policies.parsing import parse
from apps.semantics.masks import MaskFunction

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policies.md").read_text()


@pytest.mark.parametrize(
    "word",
    sorted(
        {*Kind.values, *PolicyTier.values, *SubjectKind, *ReviewerKind, *Sensitivity, *MaskFunction}
        | {"compare", "in", "null", "subject", "not", "and", "or", "exists", "everything"}
        | {"tag", "at_least", "classified", "all", "any", "none"}
    ),
)
def test_a_word_of_the_language_is_on_the_page(word: str) -> None:
    assert re.search(rf'[`"]{word}[`"]', PAGE), word


def test_the_example_on_the_page_is_a_policy() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert parse("mask", json.loads(example))
