"""Who may call what: every route × method × role × ownership is declared and answers so.

The declarations are in `authorisation.toml`, whose head says how to add a row; the things that
routes with an id are tried on are made in `things.py`. A route without rows, a row without a
route, and a cell that answers otherwise than declared each fail.
"""

import logging
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from apps.identity.models import Domain, User
from apps.identity.permissions import Role
from tests.architecture.routes import METHODS, Route, routes
from tests.architecture.things import THINGS, Place
from tests.people import client_of, domain, person
from tests.servers import sized

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("authorisation.toml")
EVERYBODY = ("nobody", *Role.values)
"""The signed-in actors: `nobody` holds no role at all."""
SIGN_IN = "/accounts/login/"


@dataclass(frozen=True)
class Row:
    """What is declared for one method of one route."""

    public: bool = False
    may: frozenset[str] = frozenset()
    thing: str = ""
    mine: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()
    guarded: frozenset[str] = frozenset()


@dataclass
class Company:
    """An actor per role, everywhere and in the domain `here`, and a stranger in `there`."""

    everywhere: dict[str, User]
    here: dict[str, User]
    stranger: User
    domain_here: Domain
    domain_there: Domain
    made: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    clients: dict[User | None, Client] = field(default_factory=dict)
    answers: dict[tuple[int, str, str], int] = field(default_factory=dict)

    def call(self, user: User | None, method: str, url: str, **headers: str) -> Any:
        """What the address answers; whatever it changed is undone."""
        if user not in self.clients:
            self.clients[user] = client_of(user)
            self.clients[user].raise_request_exception = False
        path, _, query = url.partition("?")
        raw = unquote_to_bytes(path).decode("latin-1")  # as a server hands it on: `//x` stays
        with transaction.atomic():
            response = self.clients[user].generic(
                method,
                f"/?{query}",
                data=b"",
                content_type="application/json",
                headers=headers or None,
                PATH_INFO=raw,
            )
            transaction.set_rollback(True)
        return response

    def absent(self, user: User, method: str, route: Route) -> int:
        """The status with which the route answers about something that is not there."""
        key = (user.pk, method, route.path)
        if key not in self.answers:
            answer = self.call(user, method, route.url(unknown(route)))
            self.answers[key] = answer.status_code
        return self.answers[key]

    def thing(self, name: str, place: Place) -> dict[str, Any]:
        """The parameters of the thing at this place, made once."""
        key = (name, place.who.pk)
        if key not in self.made:
            self.made[key] = THINGS[name](place)
        return self.made[key]


@cache
def table() -> dict[tuple[str, str], Row]:
    """The declared rows by (method, path)."""
    rows = {}
    for path, methods in tomllib.loads(TABLE.read_text()).items():
        for method, said in methods.items():
            sets = {
                name: frozenset(EVERYBODY if value == "all" else value.split())
                for name, value in said.items()
                if isinstance(value, str) and name != "thing"
            }
            plain = {name: said[name] for name in ("public", "thing") if name in said}
            rows[method, path] = Row(**plain, **sets)
    return rows


@pytest.fixture
def company(settings: Settings) -> Iterator[Company]:
    """One person of each role."""
    settings.STYLE_GUIDE = True
    logging.disable(logging.CRITICAL)
    here, there = domain("here"), domain("there")
    everywhere = {"nobody": person()} | {role: person("", role) for role in Role.values}
    scoped = {"nobody": person()} | {
        role: person("", role, domain=None if role == Role.ADMIN else here) for role in Role.values
    }
    person("", Role.ADMIN)  # so that an administrator can be taken away
    yield Company(everywhere, scoped, person(), here, there)
    logging.disable(logging.NOTSET)


def verdict(response: Any) -> str:
    """`open`, `sign-in`, `denied`, `hidden`, `no such method` or `broken`."""
    status = response.status_code
    if status >= 500 and status != 503:  # 503 says that something else is away
        return "broken"
    if status == 401 or (status == 302 and response["Location"].startswith(SIGN_IN)):
        return "sign-in"
    return {403: "denied", 404: "hidden", 405: "no such method"}.get(status, "open")


def rows() -> Iterator[tuple[str, Route, Row]]:
    """Every declared row with its route."""
    for route in routes():
        for method in METHODS:
            if row := table().get((method, route.path)):
                yield method, route, row


def tried(people: dict[str, User], number: int) -> Iterator[tuple[str, User]]:
    """Who tries the row of this number: every day every third role in turn, in CI each."""
    step = sized(3, 1)
    for position, (role, user) in enumerate(people.items()):
        if (position + number) % step == 0:
            yield role, user


def values(route: Route, company: Company, row: Row) -> dict[str, Any]:
    """Parameters of something that is there: the stranger's."""
    if row.thing in THINGS:
        return company.thing(row.thing, Place(company.stranger, company.domain_there))
    return unknown(route)


def unknown(route: Route) -> dict[str, Any]:
    """Parameters of something that is not there."""
    made = {"uuid": uuid4, "int": lambda: 999_999_999}
    return {name: made.get(kind, lambda: "no-such-thing")() for kind, name in route.parameters}


def test_every_route_is_declared_and_every_declaration_has_a_route() -> None:
    declared = {path for _, path in table()}
    existing = {route.path for route in routes()}
    missing = "\n".join(f'["{path}"]' for path in sorted(existing - declared))
    assert not missing, f"add to {TABLE.name}:\n{missing}"
    assert not declared - existing, "declared, but there is no such route"


def test_every_method_that_a_view_offers_is_declared() -> None:
    undeclared = [
        f"{method} {route.path}"
        for route in routes()
        for method in METHODS
        if route.offers(method) and not route.is_allauth and (method, route.path) not in table()
    ]
    assert undeclared == []


def test_every_route_with_an_id_says_what_thing_it_is_about() -> None:
    silent = [
        f"{method} {route.path}"
        for method, route, row in rows()
        if route.parameters and not row.thing and not route.is_allauth
    ]
    assert silent == []
    unknown_things = {row.thing for row in table().values()} - set(THINGS) - {"", "none"}
    assert unknown_things == set()


def test_nobody_gets_in_without_signing_in_but_where_it_is_public(company: Company) -> None:
    wrong = {}
    for method, route, row in rows():
        found = verdict(company.call(None, method, route.url(values(route, company, row))))
        wanted = {"open", "hidden"} if row.public else {"sign-in"}
        if row.public and route.is_allauth:
            wanted.add("sign-in")  # where it begins
        if found not in wanted:
            wrong[f"{method} {route.path}"] = found
    assert wrong == {}


def test_each_role_may_what_is_declared_and_no_more(company: Company) -> None:
    wrong = {}
    for number, (method, route, row) in enumerate(rows()):
        if row.public or route.is_allauth:
            continue
        url = route.url(values(route, company, row))
        for role, user in tried(company.everywhere, number):
            found = verdict(company.call(user, method, url))
            if found not in _wanted(role, row):
                wrong[f"{role}: {method} {route.path}"] = found
    assert wrong == {}


def _wanted(role: str, row: Row) -> set[str]:
    if role in row.guarded:
        return {"denied", "hidden"}
    if role not in row.may:
        return {"denied"}
    return {"open", "hidden"} if row.thing else {"open"}


def test_ones_own_things_are_open_and_those_of_others_answer_as_if_not_there(
    company: Company,
) -> None:
    wrong = {}
    for number, (method, route, row) in enumerate(rows()):
        if row.thing in ("", "none"):
            continue
        theirs = company.thing(row.thing, Place(company.stranger, company.domain_there))
        for role, user in tried(company.here, number):
            mine = company.thing(row.thing, Place(user, company.domain_here))
            for whose, made in (("mine", mine), ("theirs", theirs)):
                response = company.call(user, method, route.url(made))
                found = verdict(response)
                if found not in _reached(role, row, whose):
                    wrong[f"{role}: {method} {route.path}, {whose}"] = found
                elif found in ("denied", "hidden") and role not in row.guarded:
                    absent = company.absent(user, method, route)
                    if absent != response.status_code:
                        told = (response.status_code, absent)
                        wrong[f"{role}: {method} {route.path}, {whose} and absent"] = told
    assert wrong == {}


def _reached(role: str, row: Row, whose: str) -> set[str]:
    if role in row.guarded:
        return {"denied", "hidden"}
    declared = row.mine if whose == "mine" else row.theirs
    return {"open"} if role in declared else {"denied", "hidden"}


def test_a_method_that_is_not_declared_is_not_there(company: Company) -> None:
    wrong = {}
    for route in routes():
        if route.is_allauth:
            continue
        for method in METHODS:
            if (method, route.path) in table():
                continue
            url = route.url(unknown(route))
            found = verdict(company.call(company.everywhere[Role.ADMIN], method, url))
            if found not in {"no such method", "denied", "hidden"}:
                wrong[f"{method} {route.path}"] = found
    assert wrong == {}


def _tricks(url: str) -> Iterator[tuple[str, dict[str, str]]]:
    head, _, tail = url.rstrip("/").rpartition("/")
    yield f"{url};x", {}
    yield f"{head};x/{tail}", {}
    yield f"{head}//{tail}", {}
    yield f"/{url}", {}
    yield f"{head}%2f{tail}", {}
    yield f"{head}/%2e/{tail}", {}
    yield f"{head}/x/..%2f{tail}", {}
    yield f"{head}/./{tail}", {}
    yield f"{head}/x/../{tail}", {}
    yield url.upper(), {}
    yield url.title(), {}
    yield f"{url}/", {}
    yield url.rstrip("/"), {}
    yield f"{url}%00", {}
    yield f"{url}%20", {}
    yield f"{url}.json", {}
    yield f"{url}?format=json", {}
    yield f"{url}?_method=GET", {}
    yield url, {"X-HTTP-Method-Override": "GET"}
    yield url, {"X-Original-URL": "/healthz/live", "X-Rewrite-URL": "/healthz/live"}
    yield url, {"X-Forwarded-User": "admin", "Remote-User": "admin"}


def test_no_way_of_writing_an_address_gets_around_its_permission(company: Company) -> None:
    wrong = {}
    for number, (method, route, row) in enumerate(rows()):
        if row.public or route.is_allauth:
            continue
        actors: list[User | None] = [None]
        if "nobody" not in row.may:
            actors.append(company.everywhere["nobody"])
        tricks = list(_tricks(route.url(values(route, company, row))))
        tried = [tricks[(number + 11 * n) % len(tricks)] for n in range(sized(2, len(tricks)))]
        for user in actors:
            for url, headers in tried:
                status = company.call(user, method, url, **headers).status_code
                if status < 300 or status >= 500:
                    wrong[f"{method} {url} {headers} as {user}"] = status
    assert wrong == {}


def test_head_and_options_tell_no_more_than_get(company: Company) -> None:
    wrong = {}
    for method, route, row in rows():
        if method != "GET" or row.public or route.is_allauth:
            continue
        url = route.url(values(route, company, row))
        for verb in ("HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"):
            status = company.call(None, verb, url).status_code
            if status < 300 or status >= 500:
                wrong[f"{verb} {route.path}"] = status
    assert wrong == {}
