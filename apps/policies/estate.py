"""What a policy is compiled against: a system's people and datasets, as plain facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account in the system; `roles` are (role, key of its domain or "")."""

    account: str
    email: str
    active: bool = True
    teams: frozenset[str] = frozenset()
    roles: frozenset[tuple[str, str]] = frozenset()
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """A dataset: its confirmed tags and those of each column, wider tags and marks included.

    `key` is `<system>/<schema.name>`, `domain` the key of its domain, empty without one.
    """

    key: str
    qualified: str
    domain: str = ""
    tags: frozenset[str] = frozenset()
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    chosen_by_tags: bool = True
    """False for a partition: tags mean its parent, through which it is read."""


@dataclass(frozen=True, slots=True)
class Estate:
    """A system: everybody with an account in it, and everything that is in it now."""

    system: str
    people: tuple[Person, ...]
    datasets: tuple[Facts, ...]
