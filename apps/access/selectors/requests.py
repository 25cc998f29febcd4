"""Requests and grants as somebody may see them."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.access.models import AccessRequest, Grant, RequestedItem
from apps.approvals import selectors as approvals
from apps.approvals.models import Verdict
from apps.catalog.models import Dataset
from apps.identity.models import User
from apps.identity.selectors import within_reach


def visible_requests(user: User) -> QuerySet[AccessRequest]:
    """Requests this user made, is meant by, decides or oversees."""
    return (
        AccessRequest.objects.filter(
            Q(requester=user)
            | Q(beneficiary=user)
            | Q(beneficiary__owner=user)
            | Q(approval__in=approvals.reviewable_by(user).values("uuid"))
            | within_reach(user, "access.view_all", "items__dataset__domain")
        )
        .select_related("requester", "beneficiary", "purpose", "renews")
        .distinct()
    )


def visible_grants(user: User) -> QuerySet[Grant]:
    """Grants this user holds, asked for or oversees."""
    return (
        Grant.objects.filter(
            Q(beneficiary=user)
            | Q(beneficiary__owner=user)
            | Q(request__requester=user)
            | Q(dataset__owner=user)
            | Q(dataset__steward=user)
            | within_reach(user, "access.view_all", "dataset__domain")
        )
        .select_related("request", "system", "dataset__system", "beneficiary", "account", "purpose")
        .distinct()
    )


def pending_for(beneficiary: User, datasets: Iterable[Dataset]) -> QuerySet[RequestedItem]:
    """What is asked for this person of these datasets and waits for a decision."""
    return RequestedItem.objects.filter(
        request__beneficiary=beneficiary,
        request__state=AccessRequest.State.PENDING,
        dataset__in=[dataset.pk for dataset in datasets],
    ).select_related("request", "dataset")


def verdicts_on(request: AccessRequest) -> QuerySet[Verdict]:
    """What was answered to the request, in the order given."""
    about = Verdict.objects.filter(stage__approval__uuid__in=[request.approval])
    return about.select_related("by", "on_behalf_of", "stage").order_by("at", "id")


def live_grants(at: datetime) -> QuerySet[Grant]:
    """Every grant that stands at that instant."""
    return Grant.objects.live(at).select_related("dataset", "beneficiary", "purpose", "system")


def grants_on(dataset: Dataset, at: datetime) -> QuerySet[Grant]:
    """Who holds a grant on this dataset at that instant."""
    return live_grants(at).filter(dataset=dataset)


def may_see_holders(user: User, dataset: Dataset) -> bool:
    """Whether this user may know by name who was given the dataset: who oversees it."""
    if user.pk in (dataset.owner_id, dataset.steward_id):
        return True
    return user.has_perm("access.view_all", dataset)


def may_end(user: User, grant: Grant) -> bool:
    """Whether this user may end the grant: its holder, who answers for it, or an overseer."""
    if user.pk in (grant.beneficiary_id, grant.beneficiary.owner_id, grant.request.requester_id):
        return True
    return user.has_perm("access.end", grant.dataset)
