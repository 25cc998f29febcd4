"""The verbs every connector speaks, and the values that pass between it and the rest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from apps.semantics.rules import Decision, Rule, Shape

Document: TypeAlias = dict[str, Any]
"""A rule set in a system's own language, as JSON; equal documents mean equal enforcement."""


class Refused(Exception):
    """The system cannot express what is asked, or must not be given it: a person must change it.

    `reasons` are full sentences, each naming the rule, column or person it is about.
    """

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class Unreachable(Exception):
    """The system did not answer, or not wholly: it may be tried again, and nothing is absent."""


class Direction(StrEnum):
    """What a change of one document does to access."""

    TIGHTEN = "tighten"
    LOOSEN = "loosen"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the system, as facts: what it may by itself and whom it can become."""

    name: str
    login: bool
    superuser: bool = False
    bypass_rls: bool = False
    create_role: bool = False
    replication: bool = False
    valid_until: datetime | None = None
    member_of: tuple["Membership", ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """A role granted to another; the options are those of PostgreSQL 16, derived before that."""

    role: str
    inherit: bool = True
    set: bool = True
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a renderer must know of the system: shapes of datasets by name, roles by name.

    `bypasses` maps a dataset to what reads it past any rule of ours (definer views, child
    partitions, materialised views), each a `schema.name`.
    """

    shapes: Mapping[str, Shape]
    roles: Mapping[str, Role]
    bypasses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    version: str = ""
    owners: Mapping[str, str] = field(default_factory=dict)
    """The role that owns each dataset."""
    privileges: Mapping[str, tuple["ScannedPrivilege", ...]] = field(default_factory=dict)
    """The rights that others than its owner hold on each dataset."""


@dataclass(frozen=True, slots=True)
class Observed:
    """All of a system's documents at one instant; those with our mark apart from the others.

    Never partial: a read that could not see everything raises Unreachable.
    """

    own: Mapping[str, Document]
    foreign: Mapping[str, Document]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the live system as a principal: does it answer as decided?"""

    decision: Decision
    shape: Shape
    sample: int = 200
    """At most so many rows are compared value by value; counts are compared over all rows."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the proof matrix; never holds a value of the data."""

    asked: str
    expected: str
    answered: str
    agrees: bool
    statement: str = ""
    """The statement as sent, with parameters left out."""
    error: str = ""
    """The server's own refusal, with its SQLSTATE in front (`42501 permission denied …`)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the live system said when asked as `principal` (and as each role it can become)."""

    principal: str
    dataset: str
    asked_at: datetime
    checks: tuple[Check, ...]
    server: str = ""

    @property
    def agrees(self) -> bool:
        """Whether something was examined and everything examined was as decided."""
        return bool(self.checks) and all(check.agrees for check in self.checks)


@dataclass(frozen=True, slots=True)
class Right:
    """A right we hold or lack on a system, and what cannot be done without it."""

    name: str
    held: bool
    needed_for: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Bypass:
    """A way to get more than was decided that no rule of ours closes, and who gains by it."""

    kind: str
    dataset: str
    through: str
    principals: tuple[str, ...]
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a principal would see: column names and rows as text, read live and never stored."""

    columns: tuple[str, ...]
    masked: frozenset[str]
    rows: tuple[tuple[str | None, ...], ...]
    visible_rows: int
    total_rows: int


class Target(Protocol):
    """A system that enforces access."""

    def session(self) -> AbstractContextManager[None]:
        """Calls made within it may share what is costly to set up; each stands by itself."""

    def render(self, rules: Iterable[Rule], inventory: Inventory) -> dict[str, Document]:
        """The documents that make these rules true; pure. Raises Refused, never approximates."""

    def read(self) -> Observed:
        """What stands there now. Raises Unreachable rather than answer in part."""

    def direction(self, old: Document | None, new: Document | None) -> Direction:
        """What going from old to new does to access; None is absence. Pure."""

    def write(self, name: str, document: Document) -> None:
        """Create or replace; twice is once. Raises Refused or Unreachable."""

    def remove(self, name: str) -> None:
        """Take away what is ours under this name; absent already is a success."""

    def probe(self, principal: str, question: Question) -> Answer:
        """Ask the live system as that principal, and as each role that it can become."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What a principal would no longer have, and through which role or PUBLIC they have it."""

    principal: str
    through: str
    text: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What else others made that bears on a dataset, and the people whom it concerns.

    `changed` says that a take-over changes it, and that giving back puts it as it was; what is
    not changed stays as it is and is only told.
    """

    kind: str  # setting | policy | writing | default
    text: str
    principals: tuple[str, ...]
    changed: bool = False


@dataclass(frozen=True, slots=True)
class TakeOverPlan:
    """What others gave on a dataset and would be taken away, with everybody who loses by it.

    `original` is exactly what is taken away or changed, as JSON, enough to give it back; empty
    when there is nothing to take over.
    """

    dataset: str
    original: Document
    losses: tuple[Loss, ...]
    beside: tuple[Beside, ...] = ()


class TakesOver(Protocol):
    """A target that can take away what others gave, by name, and give it back exactly."""

    def plan_take_over(self, dataset: str) -> TakeOverPlan:
        """What a take-over of this dataset would take away now. Raises Unreachable."""

    def take_over(self, original: Document) -> None:
        """Take away exactly this; what is gone already is fine. Raises Refused or Unreachable."""

    def give_back(self, original: Document) -> None:
        """Give back exactly this; what stands already is fine. Raises Refused or Unreachable."""


@dataclass(frozen=True, slots=True)
class ScannedField:
    """A column as found; `comment` empty when there is none."""

    name: str
    position: int
    type: str
    nullable: bool
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ScannedKey:
    """A primary, unique or foreign key as found."""

    name: str
    kind: str  # primary | unique | foreign
    columns: tuple[str, ...]
    to_dataset: str = ""
    to_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScannedDataset:
    """A table, view, partition or the like as found, whole."""

    schema: str
    name: str
    kind: str  # table | view | materialized_view | partitioned_table | partition | foreign_table
    owner: str
    fields: tuple[ScannedField, ...]
    keys: tuple[ScannedKey, ...] = ()
    comment: str = ""
    parent: str = ""
    """`schema.table` this is a partition or inheritance child of."""
    reads: tuple[str, ...] = ()
    """For a view: the `schema.table`s its definition reads directly."""
    security_invoker: bool = False
    row_estimate: int = -1
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ScannedPrivilege:
    """A right that a role (or PUBLIC, as an empty grantee) holds on a dataset or column."""

    grantee: str
    dataset: str
    privilege: str
    column: str = ""
    grantor: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything a scan saw, complete, with one fingerprint for `nothing has changed`."""

    datasets: tuple[ScannedDataset, ...]
    roles: tuple[Role, ...]
    privileges: tuple[ScannedPrivilege, ...]
    server: str
    read_at: datetime
    bypasses: tuple[Bypass, ...] = ()


class Scanner(Protocol):
    """A system whose content can be listed."""

    def rights(self) -> Sequence[Right]:
        """The rights we hold and lack there."""

    def scan(self) -> Scan:
        """List everything, with a constant number of catalog reads. Raises Unreachable."""

    def sample(self, dataset: str, columns: Sequence[str], limit: int) -> Iterator[tuple[Any, ...]]:
        """Rows to classify by, read-only, with a time-out; the caller never stores them."""


class SecretStore(Protocol):
    """Where a secret reference is turned into its value, at the moment of use."""

    def resolve(self, reference: str) -> str:
        """The secret behind `env:NAME`, `file:/path` … Raises Refused when there is none."""
