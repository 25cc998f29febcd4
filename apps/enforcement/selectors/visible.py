"""What of enforcement a user may see: the systems of the domains that they look after."""

from django.db.models import Exists, OuterRef, QuerySet

from apps.catalog.models import Dataset, System
from apps.enforcement.models import Call, Drift, Enforcement, Evidence, Proof, Sync, TakeOver
from apps.identity.models import User
from apps.identity.selectors import within_reach

_VIEW = "enforcement.view"
_BY_SYSTEM = "system__domain"


def visible_systems(user: User) -> QuerySet[System]:
    """The systems whose enforcement this user may see."""
    return System.objects.filter(within_reach(user, _VIEW)).order_by("key")


def systems_of_datasets(user: User) -> QuerySet[System]:
    """Systems that others look after, but which hold datasets of this user's domains."""
    theirs = Dataset.objects.filter(within_reach(user, _VIEW), system=OuterRef("pk"))
    return System.objects.filter(Exists(theirs), ~within_reach(user, _VIEW)).order_by("key")


def visible_enforcements(user: User) -> QuerySet[Enforcement]:
    """How far each of those systems has come."""
    found = Enforcement.objects.filter(within_reach(user, _VIEW, _BY_SYSTEM))
    return found.select_related("system")


def visible_syncs(user: User) -> QuerySet[Sync]:
    """The passes in those systems."""
    return Sync.objects.filter(within_reach(user, _VIEW, _BY_SYSTEM)).select_related("system")


def visible_drifts(user: User) -> QuerySet[Drift]:
    """Changes by hand in those systems."""
    return Drift.objects.filter(within_reach(user, _VIEW, _BY_SYSTEM)).select_related("system")


def visible_calls(user: User) -> QuerySet[Call]:
    """The last calls to those systems."""
    return Call.objects.filter(within_reach(user, _VIEW, _BY_SYSTEM)).select_related("system")


def visible_proofs(user: User) -> QuerySet[Proof]:
    """Proofs about those systems, without the bytes of their evidence."""
    found = Proof.objects.filter(within_reach(user, _VIEW, _BY_SYSTEM))
    return found.select_related("system", "evidence", "dataset").defer("evidence__body")


def visible_evidence(user: User) -> QuerySet[Evidence]:
    """The evidence of those proofs."""
    proofs = Proof.objects.filter(within_reach(user, _VIEW, _BY_SYSTEM), evidence=OuterRef("pk"))
    return Evidence.objects.filter(Exists(proofs))


def visible_take_overs(user: User) -> QuerySet[TakeOver]:
    """Take-overs in those systems."""
    found = TakeOver.objects.filter(within_reach(user, _VIEW, _BY_SYSTEM))
    return found.select_related("system", "dataset")
