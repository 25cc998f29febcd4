"""Signing in on the pages: who may, how often one may try, and what the book hears."""

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client

from apps.audit.models import Entry
from apps.identity import services
from apps.identity.models import User
from apps.identity.permissions import Role
from tests.people import PASSWORD, TESTS, machine, person

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    """Forget earlier tries."""
    cache.clear()


def sign_in(client: Client, email: str, password: str = PASSWORD) -> int:
    """Try, and the status of the answer; 302 is in."""
    return client.post(LOGIN, {"login": email, "password": password}).status_code


def signed_in(client: Client) -> bool:
    """Whether the API knows who this is."""
    return client.get("/api/v1/me").status_code == 200


def book(action: str) -> list[str]:
    """The bodies of the entries about this action."""
    return list(
        Entry.objects.filter(body__contains=f'"identity.{action}"').values_list("body", flat=True)
    )


def now_code(secret: str) -> str:
    """The code that an authenticator shows."""
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def test_a_person_signs_in_and_out_and_the_book_hears_of_both() -> None:
    ada, client = person("Ada", Role.MEMBER, password=PASSWORD), Client()
    assert sign_in(client, "ADA@example.org") == 302
    assert signed_in(client)
    client.post("/accounts/logout/")
    assert not signed_in(client)
    assert f'"actor":"{ada.ref}"' in book("sign_in")[0]
    assert len(book("sign_out")) == 1


def test_a_wrong_password_is_told_like_an_unknown_address_and_written_down() -> None:
    ada = person("Ada", password=PASSWORD)
    wrong = Client().post(LOGIN, {"login": ada.email, "password": "wrong"})
    unknown = Client().post(LOGIN, {"login": "nobody@example.org", "password": "wrong"})
    assert wrong.status_code == unknown.status_code
    assert _errors(wrong) == _errors(unknown) != ""
    entries = book("sign_in_failed")
    assert any(f'"subject":"{ada.ref}"' in entry for entry in entries)
    assert any('"subject":"user:unknown"' in entry for entry in entries)


def _errors(response: object) -> str:
    return str(response.context["form"].errors.as_text())  # type: ignore[attr-defined]


def test_what_is_typed_into_the_wrong_field_is_not_kept() -> None:
    Client().post(LOGIN, {"login": "my-secret-password@x.org", "password": "whatever"})
    assert not Entry.objects.filter(body__contains="my-secret-password").exists()


def test_after_a_handful_of_wrong_tries_even_the_right_password_waits() -> None:
    ada = person("Ada", password=PASSWORD)
    for _ in range(6):
        sign_in(Client(), ada.email, "wrong")
    client = Client()
    assert sign_in(client, ada.email) != 302
    assert not signed_in(client)


def test_machines_and_shut_accounts_do_not_sign_in() -> None:
    robot = machine("robot", person("Olga"))
    User.objects.filter(pk=robot.pk).update(password=person("X", password=PASSWORD).password)
    gone = person("Gone", password=PASSWORD)
    services.deactivate_user(user=gone, actor=TESTS)
    for email in (robot.email, gone.email):
        client = Client()
        sign_in(client, email)
        assert not signed_in(client)


def test_nobody_signs_up_or_resets_by_themselves() -> None:
    body = {"email": "me@example.org", "password1": PASSWORD, "password2": PASSWORD}
    for path in ("signup", "password/reset", "email", "password/set"):
        assert Client().post(f"/accounts/{path}/", body).status_code == 404
    assert not User.objects.exists()


def test_a_second_factor_is_asked_for_once_it_is_set_up() -> None:
    ada, client = person("Ada", Role.MEMBER, password=PASSWORD), Client()
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(ada, secret)
    response = client.post(LOGIN, {"login": ada.email, "password": PASSWORD})
    assert response["Location"].startswith("/accounts/2fa/authenticate/")
    assert not signed_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert not signed_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": now_code(secret)})
    assert signed_in(client)


def test_a_recovery_code_works_once() -> None:
    ada = person("Ada", Role.MEMBER, password=PASSWORD)
    totp.TOTP.activate(ada, totp.generate_totp_secret())
    code = RecoveryCodes.activate(ada).get_unused_codes()[0]
    for works in (True, False):
        client = Client()
        sign_in(client, ada.email)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert signed_in(client) is works


def test_after_signing_in_one_is_not_sent_elsewhere() -> None:
    person("Ada", password=PASSWORD)
    for target in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil"):
        response = Client().post(
            LOGIN, {"login": "ada@example.org", "password": PASSWORD, "next": target}
        )
        assert response.status_code == 302
        assert response["Location"] == "/"


def test_signing_in_makes_a_new_session() -> None:
    person("Ada", password=PASSWORD)
    client = Client()
    client.get(LOGIN)
    client.session.save()
    before = client.session.session_key
    sign_in(client, "ada@example.org")
    assert client.session.session_key != before
