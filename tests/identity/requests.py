"""Sample requests of identity."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.models import Login
from allauth.mfa.totp.internal import auth as totp

from apps.identity import services
from apps.identity.models import User
from apps.identity.permissions import Role
from tests.people import PASSWORD, TESTS, domain, machine, person, team
from tests.samples import Sample, changes_nothing, sample

API = "/api/v1"


def admin() -> User:
    return person("Adam", Role.ADMIN)


def soon() -> str:
    return (datetime.now(tz=UTC) + timedelta(hours=1)).isoformat()


@sample("POST", f"{API}/users")
def new_user(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), data={"email": "new@example.org", "name": "New"})


@sample("PATCH", f"{API}/users/<uuid:uuid>")
def profile(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"uuid": person().uuid}, data={"name": "Renamed"})


@sample("POST", f"{API}/users/<uuid:uuid>/deactivate")
def deactivate(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"uuid": person().uuid})


@sample("POST", f"{API}/users/<uuid:uuid>/reactivate")
def reactivate(_: pytest.MonkeyPatch) -> Sample:
    gone = services.deactivate_user(user=person(), actor=TESTS)
    return Sample(admin(), path={"uuid": gone.uuid})


@sample("POST", f"{API}/users/<uuid:uuid>/password")
def new_password(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"uuid": person().uuid}, data={"password": PASSWORD})


@sample("POST", f"{API}/service-accounts/<uuid:uuid>/hand-over")
def handed_over(_: pytest.MonkeyPatch) -> Sample:
    robot = machine("robot", person())
    return Sample(admin(), path={"uuid": robot.uuid}, data={"owner": str(person().uuid)})


@sample("POST", f"{API}/service-accounts")
def new_machine(_: pytest.MonkeyPatch) -> Sample:
    data = {"email": "robot@services", "name": "Robot", "owner": str(person().uuid)}
    return Sample(admin(), data=data)


@sample("POST", f"{API}/domains")
def new_domain(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), data={"key": "sales", "name": "Sales"})


@sample("POST", f"{API}/teams")
def new_team(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), data={"key": "analysts", "name": "Analysts"})


@sample("POST", f"{API}/teams/<uuid:uuid>/members")
def new_member(_: pytest.MonkeyPatch) -> Sample:
    made = team("analysts")
    return Sample(admin(), path={"uuid": made.uuid}, data={"user": str(person().uuid)})


@sample("DELETE", f"{API}/teams/<uuid:uuid>/members/<uuid:user_uuid>")
def member_leaves(_: pytest.MonkeyPatch) -> Sample:
    member = person()
    made = team("analysts", member)
    return Sample(admin(), path={"uuid": made.uuid, "user_uuid": member.uuid})


@sample("POST", f"{API}/role-assignments")
def new_role(_: pytest.MonkeyPatch) -> Sample:
    data = {"role": "steward", "domain": domain("sales").key, "user": str(person().uuid)}
    return Sample(admin(), data=data)


@sample("DELETE", f"{API}/role-assignments/<uuid:uuid>")
def role_withdrawn(_: pytest.MonkeyPatch) -> Sample:
    made = services.assign_role(role=Role.STEWARD, domain=None, to=person(), actor=TESTS)
    return Sample(admin(), path={"uuid": made.uuid})


@sample("POST", f"{API}/tokens")
def new_token(_: pytest.MonkeyPatch) -> Sample:
    data = {"name": "script", "scopes": ["catalog.view"], "expires_at": soon()}
    return Sample(admin(), data=data)


@sample("DELETE", f"{API}/tokens/<uuid:uuid>")
def token_revoked(_: pytest.MonkeyPatch) -> Sample:
    owner = admin()
    token, _secret = services.issue_token(
        user=machine("robot", owner, Role.MEMBER),
        name="script",
        scopes=["catalog.view"],
        expires_at=datetime.now(tz=UTC) + timedelta(hours=1),
        at=datetime.now(tz=UTC),
        actor=owner,
    )
    return Sample(owner, path={"uuid": token.uuid})


# --- Our pages ----------------------------------------------------------------------------------


@sample("POST", "/account/tokens/new")
def token_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), data={"name": "script", "days": 3, "scopes": ["catalog.view"]})


@sample("POST", "/account/tokens/<uuid:uuid>/revoke")
def token_revoked_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    made = token_revoked(_)
    return Sample(made.user, path=made.path)


@sample("POST", "/people/new")
def person_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), data={"email": "new@example.org", "name": "New"})


@sample("POST", "/people/new-service-account")
def machine_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    data = {"email": "robot@services", "name": "Robot", "owner": str(person().uuid)}
    return Sample(admin(), data=data)


@sample("POST", "/people/<uuid:uuid>/profile")
def profile_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    data = {"name": "Renamed", "attributes": "region = EU"}
    return Sample(admin(), path={"uuid": person().uuid}, data=data)


@sample("POST", "/people/<uuid:uuid>/roles")
def role_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"uuid": person().uuid}, data={"role": "steward"})


@sample("POST", "/people/<uuid:uuid>/teams")
def team_joined_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    made = team("analysts")
    return Sample(admin(), path={"uuid": person().uuid}, data={"team": made.key})


@sample("POST", "/people/<uuid:uuid>/password")
def password_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"uuid": person().uuid}, data={"password": PASSWORD})


@sample("POST", "/people/<uuid:uuid>/owner")
def handed_over_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(
        admin(),
        path={"uuid": machine("robot", person()).uuid},
        data={"owner": str(person().uuid)},
    )


@sample("POST", "/people/<uuid:uuid>/switch")
def shut_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"uuid": person().uuid}, data={"act": "shut"})


@sample("POST", "/roles/<uuid:uuid>/withdraw")
def role_withdrawn_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    made = services.assign_role(role=Role.STEWARD, domain=None, to=person(), actor=TESTS)
    return Sample(admin(), path={"uuid": made.uuid})


@sample("POST", "/teams/new")
def team_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), data={"key": "analysts", "name": "Analysts"})


@sample("POST", "/teams/<slug:key>/members")
def member_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"key": team("analysts").key}, data={"user": str(person().uuid)})


@sample("POST", "/teams/<slug:key>/members/<uuid:uuid>/remove")
def member_leaves_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    member = person()
    made = team("analysts", member)
    return Sample(admin(), path={"key": made.key, "uuid": member.uuid})


@sample("POST", "/teams/<slug:key>/roles")
def team_role_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), path={"key": team("analysts").key}, data={"role": "member"})


@sample("POST", "/domains/new")
def domain_on_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(admin(), data={"key": "sales", "name": "Sales"})


# --- The pages of allauth -----------------------------------------------------------------------

ACCOUNTS = "/accounts"


def somebody() -> tuple[User, dict[str, Any]]:
    """A person who has just proven that they are there, and the session that says so."""
    user = person("Ada", Role.ADMIN, password=PASSWORD)
    at = time.time()
    records = [{"method": "password", "at": at, "reauthenticated": True}]
    session = {
        AUTHENTICATION_METHODS_SESSION_KEY: records,
        _AUTHENTICATION_METHODS_USER_SESSION_KEY: str(user.pk),
    }
    return user, session


def code_of(secret: str) -> str:
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


@sample("POST", f"{ACCOUNTS}/login/")
def sign_in(_: pytest.MonkeyPatch) -> Sample:
    user, _session = somebody()
    return Sample(None, data={"login": user.email, "password": PASSWORD})


@sample("POST", f"{ACCOUNTS}/logout/")
def sign_out(_: pytest.MonkeyPatch) -> Sample:
    return Sample(somebody()[0])


@sample("POST", f"{ACCOUNTS}/password/change/")
def change_password(_: pytest.MonkeyPatch) -> Sample:
    user, session = somebody()
    data = {
        "oldpassword": PASSWORD,
        "password1": "another-Long-one-9",
        "password2": "another-Long-one-9",
    }
    return Sample(user, data=data, session=session)


@sample("POST", f"{ACCOUNTS}/2fa/totp/activate/")
def add_second_factor(_: pytest.MonkeyPatch) -> Sample:
    user, session = somebody()
    secret = totp.generate_totp_secret()
    session[totp.SECRET_SESSION_KEY] = secret
    return Sample(user, data={"code": code_of(secret)}, session=session)


@sample("POST", f"{ACCOUNTS}/2fa/totp/deactivate/")
def remove_second_factor(_: pytest.MonkeyPatch) -> Sample:
    user, session = somebody()
    totp.TOTP.activate(user, totp.generate_totp_secret())
    return Sample(user, session=session)


@sample("POST", f"{ACCOUNTS}/2fa/recovery-codes/generate/")
def new_recovery_codes(_: pytest.MonkeyPatch) -> Sample:
    user, session = somebody()
    totp.TOTP.activate(user, totp.generate_totp_secret())
    return Sample(user, session=session)


@sample("POST", f"{ACCOUNTS}/2fa/authenticate/")
def sign_in_with_second_factor(_: pytest.MonkeyPatch) -> Sample:
    user, _session = somebody()
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    login = Login(user=user, email=user.email)
    login.state["stages"] = {"current": "mfa_authenticate"}
    half_way = {LOGIN_SESSION_KEY: login.serialize()}
    return Sample(None, data={"code": code_of(secret)}, session=half_way)


for path in ("/reauthenticate/", "/2fa/reauthenticate/"):
    changes_nothing("POST", ACCOUNTS + path, "It renews how long the sign-in counts as fresh.")
