"""Findings through REST and on their pages."""

import pytest
from django.test import Client

from apps.findings.models import Finding
from apps.identity.permissions import Role
from tests.findings.conftest import measure, seen
from tests.people import client_of, domain, person

pytestmark = pytest.mark.django_db
API = "/api/v1/findings"


def text(client: Client, url: str) -> str:
    """The page at this address."""
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_findings_are_listed_filtered_and_shown() -> None:
    measure(seen("a", severity="critical"), seen("b", severity="low"))
    client = client_of(person("Audrey", Role.AUDITOR))
    rows = client.get(API, {"severity": "critical"}).json()["results"]
    assert [row["subject"] for row in rows] == ["dataset:warehouse/sales.a"]
    shown = client.get(f"{API}/{rows[0]['uuid']}")
    assert shown.json()["evidence"] == {"grantee": "PUBLIC", "rows": 3}
    again = client.get(f"{API}/{rows[0]['uuid']}", headers={"If-None-Match": shown["ETag"]})
    assert again.status_code == 304
    assert client.get(API, {"severity": "awful"}).status_code == 400
    assert client.get(API, {"state": "closed"}).json()["results"] == []


def test_nobody_writes_a_finding_by_hand() -> None:
    measure(seen("a"))
    client = client_of(person("Ada", Role.ADMIN))
    uuid = Finding.objects.get().uuid
    assert client.post(API, {}).status_code == 405
    for method in (client.put, client.patch, client.delete):
        assert method(f"{API}/{uuid}", {}).status_code == 405


def test_the_page_shows_the_worst_first_and_says_what_was_chosen() -> None:
    measure(seen("small", severity="low"), seen("grave", severity="critical"))
    client = client_of(person("Sam", Role.STEWARD))
    page = text(client, "/findings")
    assert page.index("grave can be read") < page.index("small can be read")
    assert "small can be read" not in text(client, "/findings?severity=critical")
    assert "No findings match" in text(client, "/findings?severity=medium")
    assert "Nothing was closed yet" in text(client, "/findings?state=closed")
    measure()
    assert "Nothing needs looking at" in text(client, "/findings")
    assert "grave can be read" in text(client, "/findings?state=closed")


def test_a_finding_says_what_to_do_and_what_was_measured_and_escapes_it() -> None:
    measure(
        seen("a", text="<script>alert(1)</script>", evidence={"roles": ["a", "b"], "n": {"x": 1}}),
        seen("b", subject="dataset:warehouse/sales.a"),
    )
    client = client_of(person("Sam", Role.STEWARD))
    page = text(client, f"/findings/{Finding.objects.get(title__startswith='a ').uuid}")
    assert "Adopt or remove the grant." in page
    assert "a, b" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "Also wrong with it" in page


def test_a_finding_elsewhere_is_not_there() -> None:
    measure(seen("a", domain=domain("sales")))
    client = client_of(person("Sam", Role.STEWARD, domain=domain("finance")))
    assert client.get(f"/findings/{Finding.objects.get().uuid}").status_code == 404
    assert client.get(f"{API}/{Finding.objects.get().uuid}").status_code == 404


@pytest.mark.parametrize("query", ["page=x", "page=99", "severity=%00", "kind=%00", "state=x"])
def test_any_filter_in_the_address_is_borne(query: str) -> None:
    measure(seen("a"))
    assert client_of(person("Sam", Role.STEWARD)).get(f"/findings?{query}").status_code == 200
