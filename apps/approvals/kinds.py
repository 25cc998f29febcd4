"""Who carries out what is decided: one registered `Kind` per kind of approval."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.functional import Promise

from apps.core.actors import Actor

if TYPE_CHECKING:
    from apps.approvals.models import Approval


class Kind(Protocol):
    """What an app does about its approvals; both run in the decision's transaction.

    Raising anything undoes the decision.
    """

    def recheck(
        self, approval: "Approval", terms: Mapping[str, Any], at: datetime, actor: Actor
    ) -> None:
        """Raise when what was asked may no longer be approved, or not on these terms."""

    def decided(
        self,
        approval: "Approval",
        approved: bool,
        terms: Mapping[str, Any],
        at: datetime,
        actor: Actor,
    ) -> None:
        """Carry out the outcome; `approval.state` says whether denied, withdrawn or expired."""


_kinds: dict[str, Kind] = {}
_labels: dict[str, str | Promise] = {}


def register(name: str, kind: Kind, label: str | Promise = "") -> None:
    """Say who carries out decisions of this kind; done in `AppConfig.ready`.

    `label` is what people call such things (“Requests for data”). Raises ValueError when another
    does already.
    """
    if type(_kinds.get(name, kind)) is not type(kind):
        raise ValueError(f"two apps decide about {name!r}")
    _kinds[name] = kind
    _labels[name] = label


def kind_named(name: str) -> Kind:
    """Who carries out decisions of this kind. Raises KeyError when nobody does."""
    return _kinds[name]


def known() -> list[tuple[str, str | Promise]]:
    """Every kind with what people call it."""
    return [(name, label_of(name)) for name in sorted(_kinds)]


def label_of(name: str) -> str | Promise:
    """What people call this kind; its name where nobody said."""
    return _labels.get(name) or name
