"""The names of what we make in a PostgreSQL, and the marks by which we know it again."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

OWNER = "gov_owner"
"""The role without login that owns our views; a member of nothing."""
SCHEMA = "gov"
"""Where our views are, each under the name of its table."""
KEY_SCHEMA = "govk"
KEY_TABLE = "k"
"""Where the pads of the mask key are; nobody but the owner of our views can read them."""
ROW_POLICY = "gov_row"
PASS_POLICY = "gov_pass"  # noqa: S105 (a policy, not a password)
DATABASE = "database"
"""The name of the document about what all views of a database share."""

PREFIX = "gov_"
"""How the name of every role of ours begins."""
MARK = "seneschal "
"""How the comment of everything of ours begins."""

_ROLE = re.compile(r"^gov_([0-9a-f]{12})_(all|[0-9a-f]{12})$")


@dataclass(frozen=True, slots=True)
class Home:
    """Whose names these are: this Seneschal's mark for the system, and the database."""

    mark: str
    dbname: str

    def everybody(self, dataset: str) -> str:
        """The role of all whom the rules of this dataset restrict."""
        return f"gov_{self._stem(dataset)}_all"

    def profile(self, dataset: str, profile: str) -> str:
        """The role of those who see the dataset in this one way; `profile` says which, exactly."""
        return f"gov_{self._stem(dataset)}_{_short(profile)}"

    def owns(self, role: str, comment: str) -> str:
        """The dataset that a role of ours is about; empty when name and mark do not say so."""
        found = _ROLE.match(role)
        dataset = mark_in(comment).get("dataset", "")
        ours = found and dataset and found.group(1) == self._stem(dataset)
        return str(dataset) if ours else ""

    def _stem(self, dataset: str) -> str:
        return _short(f"{self.mark}\0{self.dbname}\0{dataset}")


def looks_ours(role: str) -> bool:
    """Whether a role has a name of the kind that only we give."""
    return role == OWNER or _ROLE.match(role) is not None


def mark_of(**facts: Any) -> str:
    """The comment that an object of ours carries: a hint, never a proof."""
    return MARK + json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def mark_in(comment: str | None) -> dict[str, Any]:
    """What such a comment says; empty when it is not one."""
    if not comment or not comment.startswith(MARK):
        return {}
    try:
        facts = json.loads(comment[len(MARK) :])
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def view_name(schema: str, name: str, others: frozenset[str]) -> str:
    """The name of the view in `gov` for a table.

    It is the table's own, so that unqualified queries reach it; where another schema (one of
    `others`) has a table of that name, only the one in `public` can have it.
    """
    return name if schema == "public" or not others else f"{schema}__{name}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
