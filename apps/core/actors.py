"""Who does something: a person, a service account, or Seneschal itself."""

from dataclasses import dataclass
from typing import Protocol

from apps.core.refs import Ref, ref


class Actor(Protocol):
    """Whoever a service acts for; the last argument of every service."""

    @property
    def ref(self) -> Ref:
        """The name under which the audit book keeps what this actor did."""


@dataclass(frozen=True, slots=True)
class SystemActor:
    """Seneschal acting by itself, for instance when a grant expires."""

    name: str

    @property
    def ref(self) -> Ref:
        """`system:<name>`."""
        return ref("system", self.name)
