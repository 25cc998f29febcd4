"""Identity at the REST door."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from apps.audit.models import Entry
from apps.identity import services
from apps.identity.models import ApiToken, User
from apps.identity.permissions import Role
from tests.people import PASSWORD, TESTS, client_of, domain, machine, person, team, token_for

pytestmark = pytest.mark.django_db
API = "/api/v1"
SOON = (datetime.now(tz=UTC) + timedelta(days=1)).isoformat()


def bearing(secret: str) -> APIClient:
    """A client that shows this token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def ada() -> User:
    """An administrator."""
    return person("Ada", Role.ADMIN)


def test_me_says_who_i_am_and_what_i_may_where() -> None:
    sam = person("Sam", Role.STEWARD, domain=domain("finance"))
    told = client_of(sam).get(f"{API}/me").json()
    assert told["email"] == "sam@example.org"
    assert told["roles"] == [{"role": "steward", "domain": "finance"}]
    assert "catalog.classify" in told["permissions"]
    assert "audit.view" not in told["permissions"]


def test_me_with_a_token_says_what_the_token_may() -> None:
    sam = person("Sam", Role.STEWARD)
    told = bearing(token_for(sam, "catalog.view")).get(f"{API}/me").json()
    assert told["permissions"] == ["catalog.view"]


def test_an_administrator_makes_a_person_gives_a_role_and_a_password(ada: User) -> None:
    client = client_of(ada)
    made = client.post(f"{API}/users", {"email": "Bob@example.org", "name": "Bob"})
    assert made.status_code == 201
    assert made["Location"] == f"{API}/users/{made.json()['uuid']}"
    body = {"role": "member", "user": made.json()["uuid"]}
    assert client.post(f"{API}/role-assignments", body).status_code == 201
    password = client.post(f"{made['Location']}/password", {"password": PASSWORD})
    assert (password.status_code, password.content) == (204, b"")
    bob = User.objects.get(email="bob@example.org")
    assert bob.check_password(PASSWORD)
    assert bob.has_perm("access.request")
    assert not any(PASSWORD in body for body in Entry.objects.values_list("body", flat=True))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Bob"}, "email"),
        ({"email": "bob", "name": "Bob"}, "email"),
        ({"email": "bob@example.org", "name": " "}, "name"),
        ({"email": "bob@example.org", "name": "Bob", "kind": "service"}, "kind"),
        ({"email": "bob@example.org", "name": "Bob", "attributes": {"a": {"b": 1}}}, "attributes"),
        ({"email": "bob@example.org", "name": "Bob", "attributes": ["EU"]}, "attributes"),
    ],
)
def test_what_is_wrong_with_a_new_person_is_named(
    ada: User, body: dict[str, Any], field: str
) -> None:
    response = client_of(ada).post(f"{API}/users", body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_an_address_that_is_taken_is_a_conflict(ada: User) -> None:
    response = client_of(ada).post(f"{API}/users", {"email": ada.email, "name": "Another"})
    assert response.status_code == 409


def test_a_creating_request_sent_again_makes_one_account(ada: User) -> None:
    client, body = client_of(ada), {"email": "bob@example.org", "name": "Bob"}
    first = client.post(f"{API}/users", body, headers={"Idempotency-Key": "k1"})
    again = client.post(f"{API}/users", body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert User.objects.filter(email="bob@example.org").count() == 1


def test_nobody_changes_the_attributes_that_open_data_to_them(ada: User) -> None:
    client = client_of(ada)
    own = client.patch(f"{API}/users/{ada.uuid}", {"attributes": {"region": "EU"}})
    assert own.status_code == 403
    assert client.patch(f"{API}/users/{ada.uuid}", {"title": "Head"}).status_code == 200
    bob = person("Bob")
    other = client.patch(f"{API}/users/{bob.uuid}", {"attributes": {"region": "EU"}})
    assert other.json()["attributes"] == {"region": "EU"}
    assert other.json()["name"] == "Bob"


def test_whoever_is_deactivated_is_out_at_once_by_session_and_by_token(ada: User) -> None:
    bob = person("Bob", Role.MEMBER)
    session, token = client_of(bob), bearing(token_for(bob))
    assert session.get(f"{API}/me").status_code == 200
    assert token.get(f"{API}/me").status_code == 200
    assert client_of(ada).post(f"{API}/users/{bob.uuid}/deactivate").status_code == 200
    assert session.get(f"{API}/me").status_code == 401
    assert token.get(f"{API}/me").status_code == 401


def test_a_new_password_ends_the_sign_ins_there_are(ada: User) -> None:
    bob = person("Bob", Role.MEMBER, password="an-old-long-password-1")
    session = client_of(bob)
    client_of(ada).post(f"{API}/users/{bob.uuid}/password", {"password": PASSWORD})
    assert session.get(f"{API}/me").status_code == 401


def test_a_machine_is_handed_over_when_its_owner_leaves(ada: User) -> None:
    olga, bob = person("Olga"), person("Bob")
    robot = machine("robot", olga)
    url = f"{API}/service-accounts/{robot.uuid}/hand-over"
    told = client_of(ada).post(url, {"owner": str(bob.uuid)})
    assert told.json()["owner"]["name"] == "Bob"
    assert client_of(ada).post(url, {"owner": str(bob.uuid)}).status_code == 409
    assert client_of(ada).post(url, {"owner": str(robot.uuid)}).status_code == 400


def test_a_role_goes_to_a_person_or_a_team_and_never_to_oneself(ada: User) -> None:
    client, board = client_of(ada), team("board")
    url = f"{API}/role-assignments"
    told = client.post(url, {"role": "owner", "team": str(board.uuid)})
    assert told.json()["team"] == "board"
    assert client.post(url, {"role": "owner"}).status_code == 400
    both = {"role": "owner", "team": str(board.uuid), "user": str(ada.uuid)}
    assert client.post(url, both).status_code == 400
    assert client.post(url, {"role": "owner", "user": str(ada.uuid)}).status_code == 403
    unknown = {"role": "owner", "user": str(person().uuid), "domain": "nowhere"}
    assert client.post(url, unknown).json()["errors"][0]["field"] == "domain"
    assert client.delete(f"{url}/{told.json()['uuid']}").status_code == 204


def test_people_come_and_go_in_a_team(ada: User) -> None:
    client, bob, board = client_of(ada), person("Bob"), team("board")
    url = f"{API}/teams/{board.uuid}/members"
    joined = client.post(url, {"user": str(bob.uuid)})
    assert [one["user"]["name"] for one in joined.json()["members"]] == ["Bob"]
    assert client.post(url, {"user": str(bob.uuid)}).status_code == 409
    assert client.delete(f"{url}/{bob.uuid}").status_code == 204
    assert client.delete(f"{url}/{bob.uuid}").status_code == 404


def test_a_token_is_shown_once_opens_what_it_is_for_and_ends_when_revoked() -> None:
    bob = person("Bob", Role.MEMBER)
    client = client_of(bob)
    body = {"name": "laptop", "scopes": ["catalog.view"], "expires_at": SOON}
    issued = client.post(f"{API}/tokens", body)
    assert issued.status_code == 201
    assert issued["Cache-Control"] == "no-store"
    secret, uuid = issued.json()["secret"], issued.json()["uuid"]
    shown = client.get(f"{API}/tokens/{uuid}").json()
    assert "secret" not in shown
    assert secret.startswith(shown["prefix"])
    assert bearing(secret).get(f"{API}/domains").status_code == 200
    assert bearing(secret).get(f"{API}/approvals").status_code == 403
    assert client.delete(f"{API}/tokens/{uuid}").status_code == 204
    assert bearing(secret).get(f"{API}/domains").status_code == 401
    assert client.delete(f"{API}/tokens/{uuid}").status_code == 409


def test_a_token_loses_what_its_user_loses() -> None:
    bob = person("Bob", Role.MEMBER)
    client = bearing(token_for(bob, "catalog.view"))
    services.withdraw_role(assignment=bob.assignments.get(), actor=TESTS)
    assert client.get(f"{API}/domains").status_code == 403


def test_a_token_ends_on_time() -> None:
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with time_machine.travel(at, tick=False) as clock:
        client = bearing(token_for(person("Bob", Role.MEMBER), "catalog.view"))
        clock.move_to(at + timedelta(minutes=59))
        assert client.get(f"{API}/domains").status_code == 200
        clock.move_to(at + timedelta(hours=1))
        assert client.get(f"{API}/domains").status_code == 401


def test_the_last_use_of_a_token_is_noted() -> None:
    bob = person("Bob", Role.MEMBER)
    bearing(token_for(bob, "catalog.view")).get(f"{API}/domains")
    assert ApiToken.objects.get().last_used_at is not None


def test_a_token_issues_no_token_and_is_not_issued_by_key() -> None:
    bob = person("Bob", Role.MEMBER)
    body = {"name": "heir", "scopes": ["catalog.view"], "expires_at": SOON}
    assert bearing(token_for(bob)).post(f"{API}/tokens", body).status_code == 403
    keyed = client_of(bob).post(f"{API}/tokens", body, headers={"Idempotency-Key": "k"})
    assert keyed.status_code == 400


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer snl_short",
        "Bearer snl_" + "x" * 43,
        "Bearer snl_" + "x" * 5000,
        "Basic YTpi",
        "Token abc",
        "Bearer snl_\x00" + "x" * 42,
        "Bearer snl_é" + "x" * 42,
        "snl_" + "x" * 43,
    ],
)
def test_a_token_that_is_none_is_not_authenticated(header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    assert client.get(f"{API}/me").status_code == 401


def test_a_bad_token_is_not_helped_by_a_good_session() -> None:
    client = client_of(person("Bob", Role.MEMBER))
    client.credentials(HTTP_AUTHORIZATION="Bearer snl_" + "x" * 43)
    assert client.get(f"{API}/me").status_code == 401


def test_tokens_of_others_are_not_there() -> None:
    bob, eve = person("Bob", Role.MEMBER), person("Eve", Role.STEWARD)
    token_for(bob)
    uuid = ApiToken.objects.get().uuid
    assert client_of(eve).get(f"{API}/tokens").json()["results"] == []
    assert client_of(eve).get(f"{API}/tokens/{uuid}").status_code == 404
    assert client_of(eve).delete(f"{API}/tokens/{uuid}").status_code == 404
    assert client_of(person("Ada", Role.ADMIN)).delete(f"{API}/tokens/{uuid}").status_code == 204


def test_a_machine_calls_with_a_token_its_owner_issued() -> None:
    olga = person("Olga", Role.MEMBER)
    robot = machine("robot", olga, Role.MEMBER)
    body = {
        "name": "nightly",
        "scopes": ["catalog.view"],
        "expires_at": SOON,
        "user": str(robot.uuid),
    }
    secret = client_of(olga).post(f"{API}/tokens", body).json()["secret"]
    assert bearing(secret).get(f"{API}/me").json()["kind"] == "service"
    assert client_of(person("Eve", Role.MEMBER)).post(f"{API}/tokens", body).status_code == 403
