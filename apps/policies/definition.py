"""What a policy says, as values: whom it is about, what it is about, and what it does."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from apps.policies.expressions import TagExpression
from apps.semantics.filters import EVERYTHING, Filter
from apps.semantics.masks import Mask


class SubjectKind(StrEnum):
    """How a policy names people; always by what they are, never by a pattern of their names."""

    EVERYONE = "everyone"
    USER = "user"
    TEAM = "team"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Subject:
    """A person or service account by e-mail address, a team or a role by key, or everyone."""

    kind: SubjectKind
    key: str = ""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whoever is any of these, except those."""

    any_of: tuple[Subject, ...]
    excepted: tuple[Subject, ...] = ()


class Level(StrEnum):
    """Whether tags choose single columns, or whole datasets that carry them anywhere."""

    COLUMN = "column"
    DATASET = "dataset"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A dataset by its key `<system>/<schema.name>`; `columns` None means all of them."""

    dataset: str
    columns: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """What it is about: what the tags choose, or these datasets by name."""

    tags: TagExpression | None = None
    level: Level = Level.COLUMN
    datasets: tuple[Chosen, ...] = ()


@dataclass(frozen=True, slots=True)
class TagMask:
    """A mask for the columns that the tags choose."""

    tags: TagExpression
    mask: Mask


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing rule: what a policy of kind grant, deny, mask or filter says."""

    subjects: Subjects
    resource: Resource
    purpose: str = ""
    mask: Mask | None = None
    masks: tuple[TagMask, ...] = ()
    filter: Filter = EVERYTHING


class ReviewerKind(StrEnum):
    """Who decides a stage."""

    OWNER = "dataset_owner"
    STEWARD = "dataset_steward"
    USER = "user"
    TEAM = "team"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Reviewing:
    """One reviewer; `domain` is for a role, empty meaning the dataset's."""

    kind: ReviewerKind
    key: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class StageOf:
    """One step of a decision: so many of these must approve."""

    name: str
    needed: int
    reviewers: tuple[Reviewing, ...]


@dataclass(frozen=True, slots=True)
class Requesting:
    """What a policy of kind request says: who may ask for what, who decides, on which terms.

    `purposes` None means any purpose. `longest` bounds the stay, `decide_within` the waiting.
    """

    subjects: Subjects
    resource: Resource
    stages: tuple[StageOf, ...]
    longest: timedelta
    decide_within: timedelta
    purposes: frozenset[str] | None = None
    masks: tuple[TagMask, ...] = ()
    filter: Filter = EVERYTHING


Definition = Standing | Requesting
