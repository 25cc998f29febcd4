"""Who answers for data, and whose account a role is, is stated by somebody and kept in the book."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.audit.models import Entry
from apps.catalog import services
from apps.catalog.events import ACCOUNTS_CHANGED
from apps.catalog.models import Account, Dataset, System, SystemRole
from apps.core import events as bus
from apps.core.actors import SystemActor
from apps.core.errors import Conflict, Refused, Stale
from apps.identity.models import Domain, User

ACTOR = SystemActor("test")
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def system(db: None) -> System:
    system = System.objects.create(
        key="wh", name="Warehouse", secrets={"scan": {"user": "ours", "secret": "env:A"}}
    )
    for name, facts in {
        "alice": {"login": True},
        "group": {},
        "root": {"login": True, "superuser": True},
        "bypasser": {"login": True, "bypass_rls": True},
        "ours": {"login": True},
        "gone": {"login": True, "vanished_at": AT},
    }.items():
        SystemRole.objects.create(system=system, name=name, **facts)
    return system


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create(email="alice@example.org", name="Alice")


@pytest.fixture
def dataset(system: System) -> Dataset:
    return Dataset.objects.create(
        system=system, schema="s", name="t", kind="table", first_seen_at=AT, last_seen_at=AT
    )


def test_an_account_is_mapped_once_and_in_the_book(system: System, user: User) -> None:
    account = services.map_account(system=system, user=user, role="alice", actor=ACTOR)
    assert account.ref == "account:wh/alice"
    assert Entry.objects.get(action="catalog.map_account").content["after"] == {
        "user": "user:alice@example.org",
        "role": "alice",
    }
    with pytest.raises(Conflict, match="has an account"):
        services.map_account(system=system, user=user, role="alice", actor=ACTOR)
    other = User.objects.create(email="b@example.org", name="B")
    with pytest.raises(Conflict, match="somebody else's"):
        services.map_account(system=system, user=other, role="alice", actor=ACTOR)


@pytest.mark.parametrize(
    ("role", "why"),
    [
        ("nobody", "has no role"),
        ("gone", "has no role"),
        ("group", "cannot log in"),
        ("root", "superuser"),
        ("bypasser", "BYPASSRLS"),
        ("ours", "itself uses"),
    ],
)
def test_a_role_that_no_rule_would_hold_is_nobodys_account(
    system: System, user: User, role: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        services.map_account(system=system, user=user, role=role, actor=ACTOR)
    assert not Account.objects.exists()


def test_an_account_is_unmapped_in_the_book(system: System, user: User) -> None:
    account = services.map_account(system=system, user=user, role="alice", actor=ACTOR)
    services.unmap_account(account=account, actor=ACTOR)
    assert not Account.objects.exists()
    assert Entry.objects.get(action="catalog.unmap_account").content["before"]["role"] == "alice"


def test_policies_hear_whose_a_login_is_now(
    system: System,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    heard: list[str] = []
    monkeypatch.setitem(bus._listeners, ACCOUNTS_CHANGED, [heard.append])
    with django_capture_on_commit_callbacks(execute=True):
        account = services.map_account(system=system, user=user, role="alice", actor=ACTOR)
        services.unmap_account(account=account, actor=ACTOR)
    assert heard == [system.key, system.key]


def test_domain_owner_and_steward_are_assigned_by_version(dataset: Dataset, user: User) -> None:
    sales = Domain.objects.create(key="sales", name="Sales")
    dataset = services.assign_domain(dataset=dataset, domain=sales, version=1, actor=ACTOR)
    dataset = services.assign_owner(dataset=dataset, owner=user, version=2, actor=ACTOR)
    dataset = services.assign_steward(dataset=dataset, steward=user, version=3, actor=ACTOR)
    assert (dataset.domain, dataset.owner, dataset.steward) == (sales, user, user)
    with pytest.raises(Stale):
        services.assign_domain(dataset=dataset, domain=None, version=3, actor=ACTOR)
    with pytest.raises(Conflict):
        services.assign_domain(dataset=dataset, domain=sales, version=4, actor=ACTOR)
    assert Entry.objects.filter(subject=dataset.ref).count() == 3


def test_nobody_inactive_answers_for_data(dataset: Dataset, user: User) -> None:
    user.is_active = False
    with pytest.raises(Refused):
        services.assign_owner(dataset=dataset, owner=user, version=1, actor=ACTOR)
