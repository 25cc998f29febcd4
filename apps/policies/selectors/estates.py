"""The facts of a system that policies are compiled against, in a constant number of reads."""

from collections import defaultdict
from collections.abc import Mapping

from django.db.models import Q, QuerySet

from apps.catalog.models import (
    Account,
    Dataset,
    DatasetKind,
    Field,
    System,
    SystemState,
    Tag,
    Tagging,
    TagState,
)
from apps.identity.models import RoleAssignment, TeamMembership, User
from apps.policies.estate import Estate, Facts, Person
from apps.policies.expressions import marks

_Wider = Mapping[int, frozenset[str]]


def estates() -> list[Estate]:
    """Every system that we work with."""
    return [estate_of(system) for system in active_systems()]


def active_systems() -> QuerySet[System]:
    """The systems that are not paused, by key."""
    return System.objects.filter(state=SystemState.ACTIVE).order_by("key")


def estate_of(system: System) -> Estate:
    """The system's people and datasets as they are now."""
    present = Dataset.objects.filter(system=system, vanished_at=None)
    return Estate(
        system=system.key,
        people=_people(Account.objects.filter(system=system).select_related("user")),
        datasets=tuple(_facts(present.select_related("system", "domain"))),
    )


def facts_of(dataset: Dataset) -> Facts:
    """One dataset as a policy sees it."""
    found = Dataset.objects.filter(pk=dataset.pk).select_related("system", "domain")
    return _facts(found)[0]


def person_of(user: User) -> Person:
    """This user as a policy sees them, without an account."""
    teams = frozenset(TeamMembership.objects.filter(user=user).values_list("team__key", flat=True))
    held = RoleAssignment.objects.filter(Q(user=user) | Q(team__memberships__user=user))
    roles = frozenset(
        (role, domain or "") for role, domain in held.values_list("role", "domain__key")
    )
    return Person(
        account="",
        email=user.email,
        active=user.is_active,
        teams=teams,
        roles=roles,
        attributes=user.attributes,
    )


def _people(accounts: QuerySet[Account]) -> tuple[Person, ...]:
    users = [account.user_id for account in accounts]
    teams: defaultdict[int, set[str]] = defaultdict(set)
    roles: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    memberships = TeamMembership.objects.filter(user__in=users)
    for user, team in memberships.values_list("user_id", "team__key"):
        teams[user].add(team)
    own = RoleAssignment.objects.filter(user__in=users)
    for user, role, domain in own.values_list("user_id", "role", "domain__key"):
        roles[user or 0].add((role, domain or ""))
    through = memberships.filter(team__assignments__isnull=False)
    for user, role, domain in through.values_list(
        "user_id", "team__assignments__role", "team__assignments__domain__key"
    ):
        roles[user].add((role, domain or ""))
    return tuple(
        Person(
            account=account.role,
            email=account.user.email,
            active=account.user.is_active,
            teams=frozenset(teams[account.user_id]),
            roles=frozenset(roles[account.user_id]),
            attributes=account.user.attributes,
        )
        for account in accounts
    )


def _facts(datasets: QuerySet[Dataset]) -> list[Facts]:
    wider = wider_tags()
    own: defaultdict[int, frozenset[str]] = defaultdict(frozenset)
    of_field: defaultdict[int, frozenset[str]] = defaultdict(frozenset)
    confirmed = Tagging.objects.filter(state=TagState.CONFIRMED)
    for dataset, tag in confirmed.filter(dataset__in=datasets).values_list("dataset_id", "tag_id"):
        own[dataset or 0] |= wider[tag]
    for field, tag in confirmed.filter(
        field__dataset__in=datasets, field__vanished_at=None
    ).values_list("field_id", "tag_id"):
        of_field[field or 0] |= wider[tag]
    columns: defaultdict[int, dict[str, frozenset[str]]] = defaultdict(dict)
    fields = Field.objects.filter(dataset__in=datasets, vanished_at=None).order_by("position")
    for pk, dataset, name in fields.values_list("id", "dataset_id", "name"):
        columns[dataset][name] = of_field[pk]
    return [
        Facts(
            key=f"{dataset.system.key}/{dataset.qualified}",
            qualified=dataset.qualified,
            domain=dataset.domain.key if dataset.domain else "",
            tags=own[dataset.pk],
            columns=columns[dataset.pk],
            chosen_by_tags=dataset.kind != DatasetKind.PARTITION,
        )
        for dataset in datasets
    ]


def wider_tags() -> _Wider:
    """Each tag's own key, the keys of all its parents and the marks of their ranks, by its id."""
    rows = {tag.pk: tag for tag in Tag.objects.only("key", "parent", "rank")}
    found: dict[int, frozenset[str]] = {}
    for pk in rows:
        keys: frozenset[str] = frozenset()
        step: int | None = pk
        while step is not None and rows[step].key not in keys:
            keys |= {rows[step].key} | marks(rows[step].rank)
            step = rows[step].parent_id
        found[pk] = keys
    return found
