"""What else reaches the rows of a dataset when it is given to somebody, and what happens to it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from apps.catalog import selectors as catalog
from apps.catalog.models import Bypass, Dataset, RoleMembership, System, SystemRole
from apps.catalog.selectors.logins import our_roles
from apps.enforcement import selectors as enforcement
from apps.semantics.rules import Effect, Rule

EVERYBODY = "PUBLIC"
REFUSING = frozenset({"superuser", "bypass_rls", "owner_member", "read_all_data", "child"})
"""Kinds of ways by which the reader would not be held back, so that nothing is given to them."""


class Fate(StrEnum):
    """What becomes of a way past the rules when the request is approved."""

    REFUSED = "refused"
    """The reader themselves would go this way: it cannot be approved while it stands."""
    OPEN = "open"
    """It stays as it is for those who have it; a finding says so until it is closed."""
    SHARED = "shared"
    """Whoever goes this way reads what the reader reads, and no more."""
    GOVERNED = "governed"
    """It has rules of its own, and they hold for everybody who goes this way."""
    CLOSED = "closed"
    """Nobody goes this way today."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One way to the rows past the rules.

    `who` it is open for; `own` when the reader is among them; `everywhere` when it belongs to a
    role and reaches whatever the system holds.
    """

    through: str
    text: str
    remedy: str
    fate: Fate
    who: tuple[str, ...]
    own: bool = False
    everywhere: bool = False

    def as_json(self) -> dict[str, Any]:
        """As the REST door shows it."""
        return {
            "through": self.through,
            "text": self.text,
            "fate": self.fate.value,
            "who": list(self.who),
            "own": self.own,
            "remedy": self.remedy,
        }


def beside(dataset: Dataset, reader: str) -> tuple[Beside, ...]:
    """Every way known from the last scan, for a `reader` (a role there); the gravest first."""
    order = list(Fate)
    return tuple(
        sorted(
            (*_bypasses(dataset, reader), *_owner(dataset), *_acting_as(dataset.system, reader)),
            key=lambda way: (way.everywhere, order.index(way.fate), not way.own, way.through),
        )
    )


def _bypasses(dataset: Dataset, reader: str) -> Iterator[Beside]:
    found = list(catalog.bypasses_of(dataset))
    through = {one.through for one in found if one.dataset_id is not None}
    rules = enforcement.desired(dataset.system, datasets=through)
    for one in found:
        yield _bypass(one, reader, [rule for rule in rules if rule.dataset == one.through])


def _bypass(bypass: Bypass, reader: str, rules: Iterable[Rule]) -> Beside:
    held = {name for rule in rules if rule.effect is Effect.GRANT for name in rule.principals or ()}
    who = tuple(name for name in bypass.principals if name not in held)
    own = reader in who or EVERYBODY in who
    if own and bypass.kind in REFUSING:
        fate = Fate.REFUSED
    elif who:
        fate = Fate.OPEN
    else:
        fate = Fate.GOVERNED if held else Fate.CLOSED
    return Beside(
        through=bypass.through,
        text=bypass.text,
        remedy=bypass.remedy,
        fate=fate,
        who=who,
        own=own,
        everywhere=bypass.dataset_id is None,
    )


def _owner(dataset: Dataset) -> Iterator[Beside]:
    owner = dataset.owner_role
    if owner:
        yield Beside(
            through=owner,
            text=_("%(owner)s owns it: an owner reads and writes all of it, as before.")
            % {"owner": owner},
            remedy="",
            fate=Fate.OPEN,
            who=(owner,),
            everywhere=True,
        )


def _acting_as(system: System, reader: str) -> Iterator[Beside]:
    """Who can become the reader's role, and so reads whatever the reader does."""
    members: dict[str, set[str]] = defaultdict(set)
    steps = RoleMembership.objects.filter(member__system=system)
    for member, role in steps.values_list("member__name", "role__name"):
        members[role].add(member)
    reached, waiting = {reader}, [reader]
    while waiting:
        more = members[waiting.pop()] - reached
        reached |= more
        waiting.extend(more)
    logins = SystemRole.objects.filter(system=system, name__in=reached, login=True)
    people = set(logins.values_list("name", flat=True)) - {reader} - our_roles(system)
    for name in sorted(people):
        yield Beside(
            through=name,
            text=_("%(name)s can act as %(reader)s and then reads what %(reader)s reads.")
            % {"name": name, "reader": reader},
            remedy="",
            fate=Fate.SHARED,
            who=(name,),
            everywhere=True,
        )
