"""People for tests: made by the product's own services, with roles, and able to call the API."""

import itertools
from datetime import UTC, datetime, timedelta

from rest_framework.test import APIClient

from apps.core.actors import SystemActor
from apps.identity import services
from apps.identity.models import Domain, Team, User
from apps.identity.permissions import EVERY_PERMISSION, Role

TESTS = SystemActor("tests")
PASSWORD = "a-long-enough-password-7"
_number = itertools.count(1)


def person(
    name: str = "", *roles: Role | str, domain: Domain | None = None, password: str | None = None
) -> User:
    """An active person who holds these roles in this domain, or everywhere."""
    name = name or f"Person {next(_number)}"
    email = f"{name.lower().replace(' ', '.')}@example.org"
    user = services.create_user(email=email, name=name, password=password, actor=TESTS)
    for role in roles:
        services.assign_role(role=role, domain=domain, to=user, actor=TESTS)
    return fresh(user)


def machine(name: str, owner: User, *roles: Role | str, domain: Domain | None = None) -> User:
    """An active service account that `owner` answers for."""
    user = services.create_service_account(
        email=f"{name}@services", name=name, owner=owner, actor=TESTS
    )
    for role in roles:
        services.assign_role(role=role, domain=domain, to=user, actor=TESTS)
    return fresh(user)


def domain(key: str) -> Domain:
    """A domain."""
    return services.create_domain(key=key, name=key.capitalize(), actor=TESTS)


def team(key: str, *members: User, since: datetime | None = None) -> Team:
    """A team of these people."""
    made = services.create_team(key=key, name=key.capitalize(), actor=TESTS)
    for member in members:
        since = since or datetime(2026, 1, 1, tzinfo=UTC)
        services.add_to_team(user=member, team=made, at=since, actor=TESTS)
    return made


def fresh(user: User) -> User:
    """The same user as the next request would load them."""
    return User.objects.get(pk=user.pk)


def token_for(user: User, *scopes: str, at: datetime | None = None) -> str:
    """The secret of a new token with these scopes, or all that the user may use."""
    at = at or datetime.now(tz=UTC)
    allowed = scopes or tuple(name for name in EVERY_PERMISSION if fresh(user).has_perm(name))
    _, secret = services.issue_token(
        user=fresh(user),
        name="tests",
        scopes=allowed or ("catalog.view",),
        expires_at=at + timedelta(hours=1),
        at=at,
        actor=fresh(user),
    )
    return secret


def client_of(user: User | None) -> APIClient:
    """A client of the API signed in as this person, or as nobody."""
    client = APIClient()
    if user is not None:
        client.force_login(fresh(user))
    return client
