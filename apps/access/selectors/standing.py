"""Where grants stand out there, in a word: one line of a list, or the badge of a page."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.access.models import Grant
from apps.enforcement import selectors as enforcement
from apps.enforcement.selectors import State, Status

_SHOWN: dict[State, tuple[str, str, str | Promise]] = {
    State.REFUSED: ("bad", "circle-x", _("Refused by the system")),
    State.HELD: ("warn", "pause", _("Held for a person")),
    State.DRIFTED: ("bad", "equal-not", _("Differs from the decision")),
    State.PENDING: ("warn", "hourglass", _("On its way")),
    State.UNASKED: ("warn", "circle-help", _("Nobody to ask as")),
    State.IN_FORCE: ("ok", "shield-check", _("Proven")),
    State.GONE: ("none", "shield-off", _("Proven gone")),
    State.UNDECLARED: ("bad", "circle-alert", _("Never declared")),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A grant and what the live system says of it."""

    grant: Grant
    status: Status

    @property
    def tone(self) -> str:
        """The tone of its badge."""
        return _SHOWN[self.status.state][0]

    @property
    def icon(self) -> str:
        """The icon of its badge."""
        return _SHOWN[self.status.state][1]

    @property
    def words(self) -> str:
        """Where it stands."""
        if self.status.withdrawn and self.status.state == State.PENDING:
            return str(_("Being taken away"))
        return str(_SHOWN[self.status.state][2])

    @property
    def masked(self) -> int:
        """How many of its columns the grant itself masks."""
        return len(self.grant.masks)

    @property
    def some_rows(self) -> bool:
        """Whether it gives some rows only."""
        return bool(self.grant.filter.get("kind") != "everything")


def standings(grants: Iterable[Grant]) -> list[Standing]:
    """Where these grants stand, in a constant number of queries."""
    found = list(grants)
    statuses = enforcement.statuses_of(grant.ref for grant in found)
    return [Standing(grant, statuses[grant.ref]) for grant in found]
