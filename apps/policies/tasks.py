"""Work that policies do by themselves: stating anew what people, data and time have changed."""

from django.utils import timezone

from apps.catalog.models import Account, Dataset, System
from apps.core.actors import SystemActor
from apps.jobs.registry import Progress, handles, periodic
from apps.jobs.services import enqueue
from apps.policies import services
from apps.policies.selectors.checks import enforceable_systems, is_enforceable

DECLARE = "policies.declare"
SWEEP = "policies.sweep"

ACTOR = SystemActor("policies.declaring")


@handles(DECLARE)
def declare(key: str, progress: Progress) -> None:
    """State the policies' rules in the system with this key."""
    system = System.objects.filter(key=key).first()
    if system is None:
        progress(0, 0, "no longer connected")
        return
    changed = services.declare_system(system=system, actor=ACTOR) if is_enforceable(system) else []
    progress(len(changed), len(changed), f"{len(changed)} policies stated anew")


@handles(SWEEP, keep=False)
@periodic(every=120)
def sweep(key: str, progress: Progress) -> None:
    """Retire what is over, and look at every system again, whether or not anybody told us."""
    ended = services.end_expired(at=timezone.now(), actor=SystemActor("policies.expiry"))
    for system in enforceable_systems():
        services.declare_system(system=system, actor=ACTOR)
    progress(len(ended), len(ended), f"{len(ended)} policies ended")


def declare_in(key: str) -> None:
    """Have the policies stated anew in the system with this key; the catalog announces which."""
    enqueue(name=DECLARE, key=key, actor=ACTOR)


def declare_about(key: str) -> None:
    """Have them stated anew where the dataset with this uuid is; the catalog announces which."""
    found = Dataset.objects.filter(uuid=key).values_list("system__key", flat=True).first()
    if found is not None:
        declare_in(found)


def declare_for(key: str) -> None:
    """Have them stated anew wherever the person with this uuid has an account."""
    systems = Account.objects.filter(user__uuid=key).values_list("system__key", flat=True)
    for system in sorted(set(systems)):
        declare_in(system)
