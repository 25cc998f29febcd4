"""The pages of identity: who sees what, and what an administrator does there."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.audit.models import Entry
from apps.identity import services, wording
from apps.identity.forms import AttributesField
from apps.identity.models import ApiToken, Team, User
from apps.identity.permissions import EVERY_PERMISSION, Role
from tests.people import PASSWORD, TESTS, domain, fresh, machine, person, team

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(db: None) -> Client:
    """Adam's browser."""
    return browser(person("Adam", Role.ADMIN))


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def said(response: HttpResponse) -> str:
    """What the page says that a refused form is shown on."""
    assert response.status_code == 422
    return response.content.decode()


def test_people_are_found_by_how_a_name_or_an_address_begins(admin: Client) -> None:
    ada, bob = person("Ada Lovelace"), person("Bob Byron")
    page = text(admin, "/people?q=love")
    assert ada.name in page
    assert bob.name not in page
    assert bob.name in text(admin, f"/people?q={quote(bob.email)}")
    assert "Nobody matches" in text(admin, "/people?q=(")
    assert admin.get("/people?q=%00").status_code == 400


def test_service_accounts_and_shut_accounts_are_listed_apart(admin: Client) -> None:
    owner = person("Olga")
    machine("robot", owner)
    services.deactivate_user(user=person("Gone"), actor=TESTS)
    assert "Olga answers for it" in text(admin, "/people?kind=service")
    assert "Gone" not in text(admin, "/people")
    assert "Gone" in text(admin, "/people?state=shut")


def test_the_list_says_which_roles_somebody_holds_where_and_by_a_team(admin: Client) -> None:
    sales, ada = domain("sales"), person("Ada")
    services.assign_role(role=Role.STEWARD, domain=sales, to=ada, actor=TESTS)
    analysts = team("analysts", ada)
    services.assign_role(role=Role.AUDITOR, domain=None, to=analysts, actor=TESTS)
    page = text(admin, "/people?q=ada")
    assert "Data steward · Sales" in page
    assert "Auditor" in page
    assert "through" in text(admin, f"/people/{ada.uuid}")


@pytest.mark.parametrize("many", [2, 12])
def test_a_longer_list_asks_the_database_no_more_often(
    admin: Client, many: int, django_assert_max_num_queries: object
) -> None:
    for _ in range(many):
        team(f"team-{_}", person("", Role.MEMBER))
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        admin.get("/people")


def test_whoever_may_only_look_is_offered_nothing_to_change() -> None:
    ada = person("Ada", Role.MEMBER)
    page = text(browser(person("Audrey", Role.AUDITOR)), f"/people/{ada.uuid}")
    assert "Shut…" not in page
    assert "Give role" not in page
    assert browser(ada).get("/people").status_code == 403


def test_a_person_is_made_given_a_role_and_put_into_a_team(admin: Client) -> None:
    response = admin.post("/people/new", {"name": "Nora", "email": "Nora@example.org"})
    nora = User.objects.get(email="nora@example.org")
    assert response["Location"] == f"/people/{nora.uuid}"
    assert "may do nothing" in text(admin, response["Location"])
    analysts = team("analysts")
    admin.post(f"/people/{nora.uuid}/roles", {"role": "steward", "domain": domain("sales").key})
    admin.post(f"/people/{nora.uuid}/teams", {"team": analysts.key})
    assert fresh(nora).has_perm("catalog.classify")
    assert list(nora.teams.all()) == [analysts]
    assert "assigned role" in text(admin, f"/people/{nora.uuid}")


def test_what_a_service_refuses_is_said_beside_the_field(admin: Client) -> None:
    person("Ada")
    page = said(admin.post("/people/new", {"name": "Ada", "email": "ada@example.org"}))
    assert "ada@example.org has an account already." in page
    assert 'id="id_email_error"' in page
    refused = admin.post(f"/people/{person().uuid}/roles", {"role": "admin", "domain": "nowhere"})
    assert "not one of the available choices" in said(refused)
    sales = domain("sales")
    refused = admin.post(f"/people/{person().uuid}/roles", {"role": "admin", "domain": sales.key})
    assert "Administrators are so everywhere." in said(refused)
    weak = admin.post(f"/people/{person().uuid}/password", {"password": "12345"})
    assert "too short" in said(weak)


def test_nobody_is_offered_to_give_themselves_a_role(admin: Client) -> None:
    adam = User.objects.get(name="Adam")
    assert "Somebody else must give you a role." in text(admin, f"/people/{adam.uuid}")
    page = said(admin.post(f"/people/{adam.uuid}/roles", {"role": "auditor"}))
    assert "Somebody else must give you a role." in page


def test_the_form_shows_what_would_be_caused_before_an_account_is_shut(admin: Client) -> None:
    olga = person("Olga", Role.STEWARD)
    machine("robot", olga)
    page = text(admin, f"/people/{olga.uuid}/switch")
    assert "hand it over first" in page
    assert "Data steward" in page
    assert admin.post(f"/people/{olga.uuid}/switch", {"act": "maybe"}).status_code == 400
    admin.post(f"/people/{olga.uuid}/switch", {"act": "shut"})
    assert not fresh(olga).is_active
    assert "This account is shut" in text(admin, f"/people/{olga.uuid}")
    assert "They hold again:" in text(admin, f"/people/{olga.uuid}/switch")
    admin.post(f"/people/{olga.uuid}/switch", {"act": "open"})
    assert fresh(olga).is_active


def test_attributes_are_written_as_lines_and_keep_their_types(admin: Client) -> None:
    ada = person("Ada")
    lines = 'region = EU\nlevel = 3\nlead = true\ncode = "7"\nfrom = ["DE", "AT"]'
    admin.post(f"/people/{ada.uuid}/profile", {"name": "Ada", "attributes": lines})
    known = {"region": "EU", "level": 3, "lead": True, "code": "7", "from": ["DE", "AT"]}
    assert fresh(ada).attributes == known
    assert AttributesField().prepare_value(known) == lines
    page = text(admin, f"/people/{ada.uuid}/profile")
    assert "code = &quot;7&quot;" in page
    refused = admin.post(f"/people/{ada.uuid}/profile", {"name": "Ada", "attributes": "region EU"})
    assert "Write each line as name = value." in said(refused)
    nested = {"name": "Ada", "attributes": 'region = {"a": 1}'}
    assert "An attribute is text" in said(admin.post(f"/people/{ada.uuid}/profile", nested))


def test_a_service_account_is_handed_over(admin: Client) -> None:
    robot, heir = machine("robot", person("Olga")), person("Heinz")
    admin.post(f"/people/{robot.uuid}/owner", {"owner": heir.uuid})
    assert fresh(robot).owner == heir
    page = said(admin.post(f"/people/{heir.uuid}/owner", {"owner": person().uuid}))
    assert "A person answers for themselves." in page


def test_a_team_is_made_filled_and_emptied(admin: Client) -> None:
    admin.post("/teams/new", {"key": "analysts", "name": "Analysts"})
    analysts, ada = Team.objects.get(), person("Ada")
    assert "Nobody is in it" in text(admin, "/teams/analysts")
    admin.post("/teams/analysts/members", {"user": ada.uuid})
    admin.post("/teams/analysts/roles", {"role": "auditor"})
    assert fresh(ada).has_perm("audit.view")
    again = admin.post("/teams/analysts/members", {"user": ada.uuid})
    assert "Ada is in Analysts already." in said(again)
    held = analysts.assignments.get()
    assert admin.post(f"/roles/{held.uuid}/withdraw")["Location"] == "/teams/analysts"
    admin.post(f"/teams/analysts/members/{ada.uuid}/remove")
    assert not analysts.members.exists()
    assert admin.post(f"/teams/analysts/members/{ada.uuid}/remove").status_code == 404


def test_a_domain_of_which_nobody_is_steward_stands_out(admin: Client) -> None:
    admin.post("/domains/new", {"key": "care", "name": "Care", "description": "Patients"})
    page = text(admin, "/teams")
    assert "Patients" in page
    assert "nobody of its own" in page
    taken = admin.post("/domains/new", {"key": "care", "name": "Care"})
    assert "There is a domain care already." in said(taken)


def test_a_secret_is_shown_once_and_can_be_revoked() -> None:
    ada = person("Ada", Role.MEMBER)
    client = browser(ada)
    wanted = {"name": "export", "days": 3, "scopes": ["catalog.view"]}
    made = client.post("/account/tokens/new", wanted)
    token = ApiToken.objects.get()
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert made["Cache-Control"] == "no-store"
    assert secret not in text(client, "/account")
    assert timedelta(days=2) < token.expires_at - datetime.now(tz=UTC) <= timedelta(days=3)
    assert secret not in str(list(Entry.objects.values_list("body", flat=True)))
    assert client.post(f"/account/tokens/{token.uuid}/revoke")["Location"] == "/account"
    assert "No tokens" in text(client, "/account")


def test_a_token_may_only_what_its_account_may_and_says_so_in_words() -> None:
    client = browser(person("Ada", Role.MEMBER))
    page = text(client, "/account/tokens/new")
    assert "Find data assets" in page
    assert "Manage people, teams and roles" not in page
    refused = client.post(
        "/account/tokens/new", {"name": "x", "days": 400, "scopes": ["identity.manage"]}
    )
    page = said(refused)
    assert "identity.manage is not one of the available choices" in page
    assert "less than or equal to 365" in page
    assert "nothing it could do" in text(browser(person()), "/account/tokens/new")


def test_tokens_of_a_service_account_are_issued_by_who_answers_for_it() -> None:
    olga = person("Olga", Role.MEMBER)
    robot = machine("robot", olga, Role.MEMBER)
    wanted = {"name": "load", "days": 3, "scopes": ["catalog.view"]}
    browser(olga).post(f"/account/tokens/new?for={robot.uuid}", wanted)
    assert ApiToken.objects.get().user == robot
    stranger = browser(person("Stan", Role.MEMBER))
    for other in (robot.uuid, "nonsense"):
        assert stranger.post(f"/account/tokens/new?for={other}", wanted).status_code == 404
    token = ApiToken.objects.get()
    assert stranger.post(f"/account/tokens/{token.uuid}/revoke").status_code == 404


def test_the_account_says_whether_a_second_factor_guards_it() -> None:
    ada = person("Ada", password=PASSWORD)
    page = text(browser(ada), "/account")
    assert "Authenticator app: off" in page
    assert "None yet. An administrator gives them" in page


def test_every_permission_has_words_and_an_area() -> None:
    shown = {name for _, found in wording.grouped(EVERY_PERMISSION) for name, _ in found}
    assert shown == EVERY_PERMISSION
    assert set(wording.WORDS) == EVERY_PERMISSION
