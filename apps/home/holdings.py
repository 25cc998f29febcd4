"""The panel of a person's page that says what they may read, in which system, and by what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.access.models import Grant
from apps.access.selectors.ways import Way, ways_of
from apps.catalog.models import Account, Dataset
from apps.catalog.selectors import shapes_among
from apps.core.refs import Ref, key_of, kind_of
from apps.core.views import require
from apps.enforcement.selectors import desired
from apps.identity.models import User
from apps.identity.selectors import visible_users, within_reach
from apps.identity.who import user_of
from apps.semantics.decide import decide
from apps.semantics.rules import Effect, Rule

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Because:
    """A grant or policy by which somebody may read, and its page."""

    key: str
    url: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A dataset that somebody may read today: which columns and rows, and by what."""

    account: Account
    dataset: Dataset
    ways: tuple[Way, ...]
    because: tuple[Because, ...]


@require_GET
@require("access.view_all")
def panel(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What somebody may read of the data that the viewer oversees."""
    viewer, at = user_of(request), timezone.now()
    person = get_object_or_404(visible_users(viewer), uuid=uuid)
    accounts = list(person.accounts.select_related("system"))
    held = [one for account in accounts for one in holdings(account, viewer, at)]
    told = {
        "person": person,
        "accounts": accounts,
        "held": held[:SHOWN],
        "more": max(0, len(held) - SHOWN),
        "ends": request.GET.get("ends") == "1",
        "may_map": viewer.has_perm("catalog.manage"),
    }
    return render(request, "home/_holdings.html", told)


def holdings(account: Account, viewer: User, at: datetime) -> list[Holding]:
    """What this account reads by the rules that stand, of the data that the viewer oversees."""
    rules = [rule for rule in desired(account.system) if rule.in_force(at)]
    given = {rule.dataset for rule in rules if _gives(rule, account.role)}
    datasets = _overseen(account, given, viewer)
    shapes = shapes_among(datasets)
    grants = {one.ref: one for one in Grant.objects.live(at).filter(account=account)}
    held = []
    for dataset in datasets:
        of = [rule for rule in rules if rule.dataset == dataset.qualified]
        decision = decide(of, principal=account.role, shape=shapes[dataset.qualified], at=at)
        if decision.allowed:
            origins = sorted({ref for branch in decision.branches for ref in branch.origins})
            because = tuple(_because(origin, grants.get(origin)) for origin in origins)
            held.append(Holding(account, dataset, ways_of(decision.branches), because))
    return held


def _gives(rule: Rule, role: str) -> bool:
    meant = rule.principals is None or role in rule.principals
    return rule.effect is Effect.GRANT and meant and role not in rule.excepted


def _overseen(account: Account, names: Iterable[str], viewer: User) -> Sequence[Dataset]:
    wanted = set(names)
    last = [name.rpartition(".")[2] for name in wanted]
    own = Q(pk__isnull=False) if viewer == account.user else Q(owner=viewer) | Q(steward=viewer)
    found = Dataset.objects.filter(
        within_reach(viewer, "access.view_all") | own,
        system=account.system,
        name__in=last,
        vanished_at=None,
    )
    ordered = found.select_related("system").order_by("schema", "name")
    return [dataset for dataset in ordered if dataset.qualified in wanted]


def _because(origin: Ref, grant: Grant | None) -> Because:
    if grant is not None:
        return Because(grant.key, reverse("access:grant", args=[grant.uuid]), grant.until)
    key = key_of(origin).partition("@")[0]
    is_policy = kind_of(origin) == "policy"
    return Because(key, reverse("policies:policy", args=[key]) if is_policy else "")
