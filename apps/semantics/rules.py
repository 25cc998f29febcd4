"""Rules: one sentence of desired access each, to which policies and grants both compile."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from apps.core.refs import Ref
from apps.semantics.filters import EVERYTHING, Filter
from apps.semantics.masks import Mask, MaskFunction


class Effect(StrEnum):
    """What a rule does."""

    GRANT = "grant"
    DENY = "deny"
    MASK = "mask"
    FILTER = "filter"


class Tier(StrEnum):
    """Who wins: a guardrail over an exception over a standard rule; no other priority exists."""

    GUARDRAIL = "guardrail"
    STANDARD = "standard"
    EXCEPTION = "exception"


class Action(StrEnum):
    """What is done to the data."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of desired access in one system, over principals as that system knows them.

    `key` is unique within its owner. `origin` names the grant or policy version it was made from.
    `principals` None means every governed principal; `excepted` are never meant. `dataset` is
    `schema.table`; `columns` None means all, also those that come later. A GRANT carries the rows
    (`filter`) and the obligatory masks of that grant; a MASK carries `mask` for its columns; a
    FILTER carries `filter` for its columns. Validity is half-open, `valid_from <= at < until`, and
    both instants carry their offset from UTC.
    """

    key: str
    origin: Ref
    effect: Effect
    dataset: str
    principals: frozenset[str] | None = None
    excepted: frozenset[str] = frozenset()
    columns: frozenset[str] | None = None
    action: Action = Action.READ
    tier: Tier = Tier.STANDARD
    filter: Filter = EVERYTHING
    mask: Mask | None = None
    masks: tuple[tuple[str, Mask], ...] = field(default=())
    valid_from: datetime | None = None
    until: datetime | None = None
    purpose: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError when a part is missing, or does not belong to this effect."""
        if not self.key or not self.dataset:
            raise ValueError("a rule has a key and a dataset")
        if (self.mask is not None) != (self.effect is Effect.MASK):
            raise ValueError(f"{self.key}: a mask belongs to a MASK rule, and to no other")
        if self.filter != EVERYTHING and self.effect not in (Effect.GRANT, Effect.FILTER):
            raise ValueError(f"{self.key}: rows belong to a GRANT or a FILTER rule")
        if self.masks and self.effect is not Effect.GRANT:
            raise ValueError(f"{self.key}: obligatory masks belong to a GRANT rule")
        if len({column for column, _ in self.masks}) != len(self.masks):
            raise ValueError(f"{self.key}: a column has one obligatory mask")
        if self.is_exemption and self.tier is not Tier.EXCEPTION:
            raise ValueError(f"{self.key}: only an exception exempts from masks")
        if any(i is not None and i.utcoffset() is None for i in (self.valid_from, self.until)):
            raise ValueError(f"{self.key}: an instant carries its offset from UTC")
        object.__setattr__(self, "masks", tuple(sorted(self.masks, key=lambda pair: pair[0])))

    @property
    def is_exemption(self) -> bool:
        """Whether it lifts the standard masks of its columns."""
        return self.mask is not None and self.mask.function is MaskFunction.NONE

    def names(self, principal: str) -> bool:
        """Whether it is about this principal, exceptions left aside."""
        return self.principals is None or principal in self.principals

    def in_force(self, at: datetime) -> bool:
        """Whether the instant lies in its validity."""
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.until is None or at < self.until)

    def covers(self, column: str) -> bool:
        """Whether it is about this column."""
        return self.columns is None or column in self.columns


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the system declares it; `type` in the system's own words."""

    name: str
    type: str
    nullable: bool = True
    classified: bool = True
    """False: nobody has said yet what it holds, so it is masked null."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a dataset looks like when a decision about it is made."""

    dataset: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's part in a decision, in words: it contributed, or lost and to what.

    `remedy` says what would have to change for the person to get more; empty where nothing would.
    `rule` and `origin` are empty where no rule is the reason (nobody granted anything).
    """

    rule: str
    origin: Ref
    contributed: bool
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way in: these columns, each as its mask shows it, in the rows of this filter."""

    columns: tuple[tuple[str, Mask], ...]
    filter: Filter
    origins: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What one principal may read of one dataset at one instant, and why.

    A cell is readable iff one branch covers both its row and its column; where several branches
    cover it, it is shown under the strictest of their masks. No branch: refused.
    """

    principal: str
    dataset: str
    at: datetime
    branches: tuple[Branch, ...]
    reasons: tuple[Reason, ...] = ()
    next_change: datetime | None = None

    @property
    def allowed(self) -> bool:
        """Whether anything at all may be read."""
        return bool(self.branches)
