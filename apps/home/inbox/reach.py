"""What else reaches the data of a request, as the decision page tells it before the answer."""

from dataclasses import dataclass

from apps.access.models import AccessRequest
from apps.access.selectors.beside import Beside, Fate, beside
from apps.catalog import selectors as catalog


@dataclass(frozen=True, slots=True)
class Reach:
    """One dataset: views, children and functions over it, and the roles that no rule holds."""

    uuid: str
    name: str
    objects: tuple[Beside, ...]
    roles: tuple[Beside, ...]

    @property
    def refused(self) -> int:
        """How many ways keep it from being approved."""
        return self._count(Fate.REFUSED)

    @property
    def open(self) -> int:
        """How many ways stay open for somebody, or open with it."""
        return self._count(Fate.OPEN) + self._count(Fate.SHARED)

    @property
    def shut(self) -> int:
        """How many ways nobody goes, or have rules of their own."""
        return self._count(Fate.CLOSED) + self._count(Fate.GOVERNED)

    def _count(self, fate: Fate) -> int:
        return sum(way.fate is fate for way in (*self.objects, *self.roles))


def reaches_of(request: AccessRequest) -> tuple[Reach, ...]:
    """For each dataset of the request, in their order."""
    found = []
    for item in request.items.select_related("dataset__system"):
        account = catalog.account_of(request.beneficiary, item.dataset.system)
        ways = beside(item.dataset, account.role if account else "")
        found.append(
            Reach(
                uuid=str(item.dataset.uuid),
                name=item.dataset.qualified,
                objects=tuple(way for way in ways if not way.everywhere),
                roles=tuple(way for way in ways if way.everywhere),
            )
        )
    return tuple(found)
