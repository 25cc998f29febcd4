"""The way to a decision as whoever asks describes it: stages, and who answers in each."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.identity.models import Domain, Team, User
from apps.identity.permissions import Role


@dataclass(frozen=True, slots=True)
class ReviewerSpec:
    """Exactly one of a person, a team, or a role; a role without a domain means the approval's."""

    user: User | None = None
    team: Team | None = None
    role: Role | str | None = None
    domain: Domain | None = None

    def __post_init__(self) -> None:
        if [self.user, self.team, self.role].count(None) != 2:
            raise ValueError("a reviewer is a person, a team or a role")
        if self.domain is not None and self.role is None:
            raise ValueError("only a role is held in a domain")


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One step: `needed` of these reviewers must approve."""

    name: str
    needed: int
    reviewers: Sequence[ReviewerSpec]
