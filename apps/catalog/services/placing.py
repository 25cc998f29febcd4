"""Says in one go who answers for a dataset, or for several, and in which domain they lie."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from apps.catalog.models import Dataset
from apps.catalog.services.assigning import assign_domain, assign_owner, assign_steward
from apps.core.actors import Actor
from apps.core.errors import Conflict, Invalid
from apps.identity.models import Domain, User

MOST = 2000
"""So many datasets are placed at once; more take too long for one answer."""


@transaction.atomic
def place_dataset(
    *,
    dataset: Dataset,
    domain: Domain | None,
    owner: User | None,
    steward: User | None,
    version: int,
    actor: Actor,
) -> Dataset:
    """Say in which domain a dataset lies, who owns it and who looks after it; None is nobody.

    What is so already stays. Raises Stale, Refused for who is no active person, and Conflict when
    nothing of it would change.
    """
    wanted = {"domain": domain, "owner": owner, "steward": steward}
    changed = _place(dataset, wanted, version, actor)
    if changed is None:
        raise Conflict("That is how it is already.")
    return changed


@transaction.atomic
def place_datasets(
    *,
    seen: Sequence[tuple[Dataset, int]],
    domain: Domain | None = None,
    owner: User | None = None,
    steward: User | None = None,
    actor: Actor,
) -> list[Dataset]:
    """Say it for several datasets, each with the version that was seen; what is None stays.

    Returns those that changed. Raises Invalid when nothing or too much is said, Stale and Refused
    as for one, and Conflict when nothing of it would change.
    """
    wanted = {"domain": domain, "owner": owner, "steward": steward}
    wanted = {name: to for name, to in wanted.items() if to is not None}
    if not wanted:
        raise Invalid("Say a domain, an owner or a steward.")
    if not seen:
        raise Invalid("Tick at least one data asset.")
    if len(seen) > MOST:
        raise Invalid(f"At most {MOST} data assets are placed at once; narrow the filters.")
    made = [_place(dataset, wanted, version, actor) for dataset, version in seen]
    changed = [dataset for dataset in made if dataset is not None]
    if not changed:
        raise Conflict("That is how it is already for all of them.")
    return changed


def _place(dataset: Dataset, wanted: dict[str, Any], version: int, actor: Actor) -> Dataset | None:
    """The dataset after every part that differs was assigned; None when none differs."""
    changed = None
    assign: dict[str, Any] = {
        "domain": assign_domain,
        "owner": assign_owner,
        "steward": assign_steward,
    }
    for name, to in wanted.items():
        if getattr(dataset, name) != to:
            changed = assign[name](**{name: to}, dataset=dataset, version=version, actor=actor)
            version = changed.version
    return changed
