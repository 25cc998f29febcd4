"""Whose a login is, is stated on a page; names suggest somebody, and nothing follows by itself."""

import pytest
from django.test import Client

from apps.catalog.models import Account, System, SystemRole
from apps.catalog.suggesting import Known, suggestions
from apps.identity.models import User
from apps.identity.permissions import Role
from tests import people

HTMX = {"HX-Request": "true"}


@pytest.fixture
def system(db: None) -> System:
    secrets = {"scan": {"user": "ours", "secret": "env:A"}}
    system = System.objects.create(key="wh", name="Warehouse", secrets=secrets)
    for name, facts in {
        "anna_berg": {"login": True},
        "etl": {"login": True},
        "root": {"login": True, "superuser": True},
        "ours": {"login": True},
        "group": {},
    }.items():
        SystemRole.objects.create(system=system, name=name, **facts)
    return system


@pytest.fixture
def anna(db: None) -> User:
    return people.person("Anna Berg")


@pytest.fixture
def client(system: System) -> Client:
    client = Client()
    client.force_login(people.person("Elena Varga", Role.STEWARD))
    return client


def text(answer: object) -> str:
    return " ".join(answer.content.decode().split())  # type: ignore[attr-defined]


def test_what_is_nobodys_comes_first_with_a_suggestion_that_is_not_applied(
    client: Client, anna: User
) -> None:
    page = text(client.get("/logins"))
    assert page.index("anna_berg") < page.index("etl") < page.index("root")
    assert "the same as the name" in page or "before the @" in page
    assert "its name suggests nobody" in page
    assert "a superuser is held by no rule" in page
    assert "Seneschal itself logs in with it" in page
    assert ">group<" not in page
    assert not Account.objects.exists()


def test_it_is_stated_and_taken_back(client: Client, anna: User) -> None:
    said = {"system": "wh", "role": "anna_berg", "person": anna.email}
    answer = client.post("/logins/map?system=wh", said, headers=HTMX)
    assert answer.status_code == 200
    assert "announce" in answer["HX-Trigger"]
    account = Account.objects.get()
    assert (account.role, account.user) == ("anna_berg", anna)
    assert f"/logins/{account.uuid}/unmap" in text(answer)
    taken = client.post(f"/logins/{account.uuid}/unmap")
    assert taken["Location"].startswith("/logins")
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"person": "nobody@example.org"}, "There is nobody with that e-mail address."),
        ({"role": "root"}, "is a superuser"),
        ({"role": "group"}, "cannot log in"),
        ({"role": "ours"}, "itself uses"),
        ({"role": "gone"}, "has no role gone"),
        ({"system": "other"}, "Select a valid choice"),
        ({"role": ""}, "This field is required"),
        ({"role": "a\x00b"}, "Null characters"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    client: Client, anna: User, said: dict[str, str], words: str
) -> None:
    whole = {"system": "wh", "role": "etl", "person": anna.email, **said}
    answer = client.post("/logins/map", whole, headers=HTMX)
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Account.objects.exists()


def test_logins_are_found_by_their_name_or_by_whose_they_are(client: Client, anna: User) -> None:
    Account.objects.create(system=System.objects.get(), user=anna, role="etl")
    found = text(client.get("/logins?q=berg"))
    assert "anna_berg" in found
    assert "etl" in found
    assert "root" not in found
    assert "No login and no person matches" in text(client.get("/logins?q=zzz"))


def test_an_account_whose_login_is_gone_is_said(client: Client, anna: User) -> None:
    Account.objects.create(system=System.objects.get(), user=anna, role="vanished")
    assert "is no login there any more" in text(client.get("/logins"))


def test_systems_of_other_domains_stay_out_of_sight(system: System, anna: User) -> None:
    sales, other = people.domain("sales"), people.domain("other")
    System.objects.update(domain=other)
    client = Client()
    client.force_login(people.person("", Role.STEWARD, domain=sales))
    assert "anna_berg" not in text(client.get("/logins"))
    said = {"system": "wh", "role": "etl", "person": anna.email}
    assert client.post("/logins/map", said).status_code == 422
    account = Account.objects.create(system=system, user=anna, role="etl")
    assert client.post(f"/logins/{account.uuid}/unmap").status_code == 404


PEOPLE = [
    Known(1, "Anna Berg", "anna.berg@example.org"),
    Known(2, "Jørgen Øst", "jo@example.org"),
    Known(3, "Maria de la Cruz", "maria.cruz@example.org"),
    Known(4, "Maria Berg", "mberg@example.org"),
    Known(5, "nightly-load", "nightly-load@services"),
]


@pytest.mark.parametrize(
    ("login", "person"),
    [
        ("anna.berg@example.org", 1),
        ("anna_berg", 1),
        ("ANNA.BERG", 1),
        ("aberg", 1),
        ("berganna", 1),
        ("usr_anna_berg_ro", 1),
        ("jorgen_ost", 2),
        ("JØRGEN", 2),
        ("jo", 2),
        ("mberg", 4),
        ("svc_nightly_load", 5),
        ("mcruz", 3),
        ("maria", None),
        ("berg", None),
        ("postgres", None),
        ("", None),
        ("_ro", None),
    ],
)
def test_a_login_suggests_the_one_person_it_can_mean(login: str, person: int | None) -> None:
    found = suggestions([login], PEOPLE).get(login)
    assert (found.person if found else None) == person


def test_nobody_is_suggested_twice_alike(db: None) -> None:
    found = suggestions(["anna_berg", "aberg"], PEOPLE)
    assert {login: each.person for login, each in found.items()} == {"anna_berg": 1}
    assert suggestions(["anna_berg", "anna.berg"], PEOPLE) == {}
