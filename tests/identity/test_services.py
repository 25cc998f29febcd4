"""What identity's services promise."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.audit.models import Entry
from apps.core import events as bus
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.identity import events, selectors, services
from apps.identity.models import ApiToken, RoleAssignment, User
from apps.identity.permissions import Role
from apps.identity.secrets import hash_of
from tests.people import TESTS, domain, fresh, machine, person, team

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_new_person_may_do_nothing() -> None:
    assert not person("Nora").has_perm("catalog.view")


def test_an_address_is_kept_in_lower_case_and_taken_once() -> None:
    made = services.create_user(email=" Elena@Example.org ", name="Elena", actor=TESTS)
    assert made.ref == "user:elena@example.org"
    with pytest.raises(Conflict):
        services.create_user(email="ELENA@example.org", name="Another", actor=TESTS)


@pytest.mark.parametrize("email", ["", "nobody", "a@", "x" * 250 + "@example.org", "a@b\x00.org"])
def test_what_is_no_address_is_invalid(email: str) -> None:
    with pytest.raises(Invalid) as caught:
        services.create_user(email=email, name="X", actor=TESTS)
    assert "email" in caught.value.fields


def test_a_weak_password_is_refused_and_nothing_is_made() -> None:
    with pytest.raises(Invalid):
        services.create_user(email="a@example.org", name="A", password="short", actor=TESTS)
    assert not User.objects.exists()


def test_a_person_answers_for_every_service_account() -> None:
    olga = person("Olga")
    loader = machine("loader", olga)
    assert loader.is_service
    assert not loader.has_usable_password()
    with pytest.raises(Invalid):
        services.create_service_account(
            email="child@services", name="Child", owner=loader, actor=TESTS
        )


def test_a_role_in_a_domain_reaches_that_domain_alone() -> None:
    finance, sales = domain("finance"), domain("sales")
    sam = person("Sam", Role.STEWARD, domain=finance)
    in_finance = RoleAssignment(domain=finance)
    assert sam.has_perm("catalog.classify")
    assert sam.has_perm("catalog.classify", in_finance)
    assert not sam.has_perm("catalog.classify", RoleAssignment(domain=sales))
    assert not sam.has_perm("catalog.classify", RoleAssignment(domain=None))
    assert selectors.domains_of(sam, Role.STEWARD) == {finance.pk}


def test_a_role_in_a_domain_gives_nothing_over_the_whole_installation() -> None:
    sam = person("Sam", Role.STEWARD, domain=domain("finance"))
    assert not sam.has_perm("identity.view")
    assert person("Eve", Role.STEWARD).has_perm("identity.view")


def test_a_role_is_held_through_a_team_while_one_is_in_it() -> None:
    tess = person("Tess")
    stewards = team("stewards", tess)
    services.assign_role(role=Role.STEWARD, domain=None, to=stewards, actor=TESTS)
    assert fresh(tess).has_perm("catalog.classify")
    assert list(selectors.holders(Role.STEWARD, None)) == [tess]
    services.remove_from_team(user=tess, team=stewards, actor=TESTS)
    assert not fresh(tess).has_perm("catalog.classify")


def test_holders_of_a_domain_include_those_who_are_so_everywhere() -> None:
    finance = domain("finance")
    here = person("Here", Role.OWNER, domain=finance)
    everywhere = person("Everywhere", Role.OWNER)
    person("Elsewhere", Role.OWNER, domain=domain("sales"))
    assert set(selectors.holders(Role.OWNER, finance)) == {here, everywhere}
    assert set(selectors.holders(Role.OWNER, None)) == {everywhere}


def test_nobody_gives_themselves_a_role() -> None:
    ada = person("Ada", Role.ADMIN)
    with pytest.raises(Forbidden):
        services.assign_role(role=Role.STEWARD, domain=None, to=ada, actor=ada)


def test_nobody_gives_themselves_a_role_through_a_team_or_a_machine() -> None:
    ada = person("Ada", Role.ADMIN)
    hers = team("hers", ada)
    with pytest.raises(Forbidden):
        services.assign_role(role=Role.STEWARD, domain=None, to=hers, actor=ada)
    with pytest.raises(Forbidden):
        services.assign_role(role=Role.STEWARD, domain=None, to=machine("loader", ada), actor=ada)


def test_nobody_joins_a_team_that_holds_roles_by_themselves() -> None:
    ada = person("Ada", Role.ADMIN)
    stewards, readers = team("stewards"), team("readers")
    services.assign_role(role=Role.STEWARD, domain=None, to=stewards, actor=ada)
    with pytest.raises(Forbidden):
        services.add_to_team(user=ada, team=stewards, at=AT, actor=ada)
    services.add_to_team(user=ada, team=readers, at=AT, actor=ada)


def test_the_last_administrator_stays() -> None:
    ada, bea = person("Ada", Role.ADMIN), person("Bea", Role.ADMIN)
    services.deactivate_user(user=bea, actor=ada)
    with pytest.raises(Conflict):
        services.withdraw_role(assignment=ada.assignments.get(), actor=TESTS)
    with pytest.raises(Conflict):
        services.deactivate_user(user=ada, actor=TESTS)


def test_the_last_administrator_stays_in_the_team_that_makes_them_one() -> None:
    ada = person("Ada")
    admins = team("admins", ada)
    services.assign_role(role=Role.ADMIN, domain=None, to=admins, actor=TESTS)
    with pytest.raises(Conflict):
        services.remove_from_team(user=ada, team=admins, actor=TESTS)
    with pytest.raises(Conflict):
        services.withdraw_role(assignment=admins.assignments.get(), actor=TESTS)


def test_an_administrator_is_so_everywhere_and_a_person() -> None:
    ada = person("Ada", Role.ADMIN)
    with pytest.raises(Invalid):
        services.assign_role(role=Role.ADMIN, domain=domain("sales"), to=person("B"), actor=ada)
    with pytest.raises(Invalid):
        services.assign_role(role=Role.ADMIN, domain=None, to=machine("m", person("C")), actor=ada)


def test_a_role_is_given_once_and_withdrawn_once() -> None:
    ada, bob = person("Ada", Role.ADMIN), person("Bob", Role.MEMBER)
    with pytest.raises(Conflict):
        services.assign_role(role=Role.MEMBER, domain=None, to=bob, actor=ada)
    assignment = bob.assignments.get()
    services.withdraw_role(assignment=assignment, actor=ada)
    with pytest.raises(Conflict):
        services.withdraw_role(assignment=assignment, actor=ada)


def test_an_unknown_role_is_invalid() -> None:
    with pytest.raises(Invalid):
        services.assign_role(role="king", domain=None, to=person("Bob"), actor=TESTS)


def test_a_shut_account_may_do_nothing_and_signs_nobody_in() -> None:
    ada, bob = person("Ada", Role.ADMIN), person("Bob", Role.STEWARD)
    services.deactivate_user(user=bob, actor=ada)
    assert not fresh(bob).has_perm("catalog.view")
    assert bob not in selectors.holders(Role.STEWARD, None)
    with pytest.raises(Conflict):
        services.deactivate_user(user=bob, actor=ada)
    services.reactivate_user(user=bob, actor=ada)
    assert fresh(bob).has_perm("catalog.view")


def test_nobody_shuts_their_own_account() -> None:
    ada = person("Ada", Role.ADMIN)
    person("Bea", Role.ADMIN)
    with pytest.raises(Forbidden):
        services.deactivate_user(user=ada, actor=ada)


def test_of_a_token_only_the_hash_is_kept() -> None:
    bob = person("Bob", Role.MEMBER)
    token, secret = services.issue_token(
        user=bob,
        name="laptop",
        scopes=["catalog.view"],
        expires_at=AT + timedelta(days=1),
        at=AT,
        actor=bob,
    )
    assert bytes(ApiToken.objects.get().hash) == hash_of(secret)
    assert secret.startswith(token.prefix)
    assert not any(secret in entry.body for entry in Entry.objects.all())
    assert selectors.token_of(secret) == token


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scopes": []}, Invalid),
        ({"scopes": ["no.such"]}, Invalid),
        ({"scopes": ["identity.manage"]}, Forbidden),
        ({"name": " "}, Invalid),
        ({"expires_at": AT}, Invalid),
        ({"expires_at": AT + timedelta(days=366)}, Invalid),
    ],
)
def test_a_token_is_bounded(change: dict[str, object], error: type[Exception]) -> None:
    bob = person("Bob", Role.MEMBER)
    terms: dict[str, object] = {
        "name": "laptop",
        "scopes": ["catalog.view"],
        "expires_at": AT + timedelta(days=1),
    }
    with pytest.raises(error):
        services.issue_token(user=bob, at=AT, actor=bob, **(terms | change))  # type: ignore[arg-type]


def test_a_token_cannot_issue_tokens() -> None:
    bob = person("Bob", Role.MEMBER)
    bob.token_scopes = frozenset({"catalog.view"})
    with pytest.raises(Forbidden):
        services.issue_token(
            user=bob,
            name="heir",
            scopes=["catalog.view"],
            expires_at=AT + timedelta(days=1),
            at=AT,
            actor=bob,
        )


def test_tokens_are_for_oneself_and_for_machines_one_answers_for() -> None:
    olga, bob = person("Olga", Role.MEMBER), person("Bob", Role.ADMIN)
    loader = machine("loader", olga, Role.MEMBER)
    terms = {"name": "n", "scopes": ["catalog.view"], "expires_at": AT + timedelta(days=1)}
    token, _ = services.issue_token(user=loader, at=AT, actor=olga, **terms)  # type: ignore[arg-type]
    assert token.user == loader
    with pytest.raises(Forbidden):
        services.issue_token(user=olga, at=AT, actor=bob, **terms)  # type: ignore[arg-type]


def test_a_revoked_token_is_no_longer_valid_and_cannot_be_revoked_again() -> None:
    bob = person("Bob", Role.MEMBER)
    token, _ = services.issue_token(
        user=bob,
        name="laptop",
        scopes=["catalog.view"],
        expires_at=AT + timedelta(days=1),
        at=AT,
        actor=bob,
    )
    assert token.is_valid(AT)
    assert not token.is_valid(AT + timedelta(days=1))
    revoked = services.revoke_token(token=token, at=AT, actor=bob)
    assert not revoked.is_valid(AT)
    with pytest.raises(Conflict):
        services.revoke_token(token=token, at=AT, actor=bob)


def test_a_team_has_its_members_from_when_they_joined() -> None:
    bob = person("Bob")
    readers = team("readers", bob, since=AT)
    assert selectors.is_member(bob, readers, AT)
    assert not selectors.is_member(bob, readers, AT - timedelta(seconds=1))
    assert list(selectors.teams_of(bob)) == [readers]
    with pytest.raises(Conflict):
        services.add_to_team(user=bob, team=readers, at=AT, actor=TESTS)
    services.remove_from_team(user=bob, team=readers, actor=TESTS)
    with pytest.raises(Conflict):
        services.remove_from_team(user=bob, team=readers, actor=TESTS)


def test_every_change_is_in_the_book_under_the_one_who_made_it() -> None:
    ada = person("Ada", Role.ADMIN)
    person("Bea", Role.ADMIN)
    Entry.objects.all()
    bob = services.create_user(email="bob@example.org", name="Bob", actor=ada)
    services.assign_role(role=Role.MEMBER, domain=None, to=bob, actor=ada)
    services.withdraw_role(assignment=bob.assignments.get(), actor=ada)
    services.deactivate_user(user=bob, actor=ada)
    entries = [entry.body for entry in Entry.objects.order_by("pk")][-4:]
    for entry, action in zip(
        entries,
        ["create_user", "assign_role", "withdraw_role", "deactivate_user"],
        strict=True,
    ):
        assert f'"identity.{action}"' in entry
        assert '"actor":"user:ada@example.org"' in entry


@pytest.mark.parametrize(
    "change",
    [
        lambda ada: services.add_to_team(
            user=ada, team=team("analysts"), at=datetime.now(tz=UTC), actor=TESTS
        ),
        lambda ada: services.assign_role(role=Role.MEMBER, domain=None, to=ada, actor=TESTS),
        lambda ada: services.assign_role(
            role=Role.MEMBER, domain=None, to=team("analysts", ada), actor=TESTS
        ),
        lambda ada: services.reactivate_user(
            user=services.deactivate_user(user=ada, actor=TESTS), actor=TESTS
        ),
    ],
)
def test_gaining_is_announced_like_losing(
    change: Callable[[User], object],
    django_capture_on_commit_callbacks: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[str] = []
    monkeypatch.setitem(bus._listeners, events.ELIGIBILITY_CHANGED, [heard.append])
    ada = person("Ada")
    with django_capture_on_commit_callbacks(execute=True):
        change(ada)
    assert heard
    assert set(heard) == {str(ada.uuid)}
