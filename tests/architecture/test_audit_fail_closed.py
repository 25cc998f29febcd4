"""What cannot be written into the audit book does not happen: shown for every changing endpoint.

The URLconf is walked. Of each endpoint the sample request of its app (`tests/samples.py` says how
to write one) is sent twice from the same state: once as it is, when it must succeed and be written
down, and once with the book refusing every entry, when the answer must be 503 and no row of any
table may differ from before.
"""

import functools
import json
import logging
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils.html import strip_tags
from django.views.generic.edit import ProcessFormView
from rest_framework.test import APIClient

from apps.audit.models import Entry
from apps.identity.permissions import Role
from controlplane.accounts import not_offered
from tests.architecture.routes import Route, routes
from tests.people import client_of, person
from tests.samples import Sample, keeps_nothing, samples

pytestmark = pytest.mark.django_db

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
DUMMIES = {"uuid": UUID(int=0), "slug": "nothing", "int": 0, "str": "nothing", "path": "nothing"}
BREAK = """
CREATE FUNCTION audit_is_full() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER audit_is_full BEFORE INSERT ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_is_full();
"""

SAMPLES = sorted(samples())


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep hundreds of refusals, which are what is asked for, out of a failure's report."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_every_changing_endpoint_has_a_sample_request() -> None:
    declared = set(SAMPLES) | keeps_nothing()
    offered = set(_offered())
    missing = sorted(offered - declared)
    assert not missing, "write a sample in tests/<app>/requests.py:\n" + _lines(missing)
    gone = sorted(declared - offered)
    assert not gone, "there is no such endpoint any more:\n" + _lines(gone)


@pytest.mark.parametrize(
    ("method", "path"), SAMPLES, ids=[f"{method} {path}" for method, path in SAMPLES]
)
def test_nothing_changes_when_it_cannot_be_written_down(
    method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = samples()[(method, path)](monkeypatch)
    clients = iter([_client(sent), _client(sent)])  # the first may sign itself out
    before, known = _state(), Entry.objects.count()

    with transaction.atomic():
        response = _send(next(clients), method, path, sent)
        assert response.status_code < 400, _told(response)
        assert Entry.objects.count() > known, f"it was not written down: {_told(response)}"
        transaction.set_rollback(True)
    assert _state() == before, "the sample itself could not be taken back"

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(BREAK)
        response = _send(next(clients), method, path, sent)
        assert response.status_code == 503, _told(response)
        after = _state()
        transaction.set_rollback(True)
    assert {name for name in before if after[name] != before[name]} == set()


def _client(sent: Sample) -> APIClient:
    client = client_of(sent.user)
    client.raise_request_exception = False
    if sent.session:
        session = client.session
        session.update(sent.session)
        session.save()
    return client


def _send(client: APIClient, method: str, path: str, sent: Sample) -> HttpResponse:
    cache.clear()  # a code that can be used once, a limit of tries: not of this request
    url = _route(path).url(dict(sent.path)) + sent.query
    if path.startswith("/api/"):
        content_type, data = "application/json", _json(sent)
        response = client.generic(method, url, data, content_type, headers=dict(sent.headers))
    else:
        response = client.post(url, dict(sent.data), format="multipart")
    if getattr(response, "streaming", False):
        b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return response  # type: ignore[no-any-return]


def _json(sent: Sample) -> bytes:
    return json.dumps(sent.data, default=str).encode() if sent.data else b""


@functools.cache
def _route(path: str) -> Route:
    return next(route for route in routes() if route.path == path)


def _offered() -> Iterator[tuple[str, str]]:
    """Every method that changes something, of every address that answers to it."""
    admin = client_of(person("Adam", Role.ADMIN))
    admin.raise_request_exception = False
    for route in routes():
        values = {name: DUMMIES[converter] for converter, name in route.parameters}
        for method in CHANGING:
            offers = route.offers(method)
            if offers is None:
                with transaction.atomic():
                    answer = admin.generic(method, route.url(values))
                    transaction.set_rollback(True)
                offers = answer.status_code != 405 and not _is_switched_off(route, admin)
            if offers and not _is_post_again(route, method):
                yield method, route.path


def _is_switched_off(route: Route, admin: APIClient) -> bool:
    """An address that says to whatever is sent that there is no such page."""
    if route.parameters:
        return route.view is not_offered
    return admin.options(route.path).status_code == 404


def _is_post_again(route: Route, method: str) -> bool:
    """Django's form views answer PUT by calling what answers POST."""
    view = getattr(route.view, "view_class", None)
    return method == "PUT" and getattr(view, "put", None) is ProcessFormView.put


def _state() -> dict[str, str]:
    """A digest of each table's rows; the book itself apart, because it is what refuses."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        kept = [name for name in tables if not name.startswith("audit_")]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{name}', coalesce(md5(string_agg(md5(t::text), '' ORDER BY t::text)), '')"
                f' FROM "{name}" AS t'
                for name in kept
            )
        )
        return dict(cursor.fetchall())


def _told(response: HttpResponse) -> str:
    where = response.get("Location", "")
    said = "" if getattr(response, "streaming", False) else response.content.decode()
    return f"{response.status_code} {where} {' '.join(strip_tags(said).split())[:2000]}"


def _lines(endpoints: list[tuple[str, str]]) -> str:
    return "\n".join(f"  {method} {path}" for method, path in endpoints)
