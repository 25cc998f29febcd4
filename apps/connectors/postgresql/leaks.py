"""Finds every way past a rule on a dataset that a scan can see, and who gains by it."""

from collections.abc import Iterable, Iterator

from apps.connectors.contracts import Bypass, Role, ScannedPrivilege
from apps.connectors.postgresql.leaks_data import over_datasets
from apps.connectors.postgresql.leaks_roles import over_the_system
from apps.connectors.postgresql.listing import Listing
from apps.connectors.postgresql.roles import Closure


def bypasses(
    listing: Listing,
    names: dict[int, str],
    roles: Iterable[Role],
    privileges: Iterable[ScannedPrivilege],
    *,
    ours: Iterable[str] = (),
) -> tuple[Bypass, ...]:
    """All of them: of roles (`dataset` empty: they reach whatever there is), then of datasets.

    Views, children and foreign tables over a dataset are among them even when nobody may read
    them today, with no principals: the next GRANT on one of them would open it. Of the others,
    those through which nobody gains are left out. `ours` are our own logins, which are nobody.
    """
    by_name = {role.name: role for role in roles}
    closure = Closure(by_name, apart=ours)

    def found() -> Iterator[Bypass]:
        yield from over_the_system(listing, by_name, closure)
        yield from over_datasets(listing, names, by_name, closure, tuple(privileges))

    return tuple(sorted(found(), key=lambda one: (one.dataset, one.kind, one.through)))
