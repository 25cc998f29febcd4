"""Approvals at the REST door: what waits for whom, decided upon what was seen."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.approvals import services
from apps.approvals.models import Approval, Verdict
from apps.approvals.services import ReviewerSpec
from apps.identity.models import User
from apps.identity.permissions import Role
from tests.approvals.conftest import Ledger, ask, stage
from tests.people import client_of, domain, person, token_for

pytestmark = pytest.mark.django_db
API = "/api/v1/approvals"


def soon() -> datetime:
    """Tomorrow: the doors read the clock."""
    return datetime.now(tz=UTC) + timedelta(days=1)


@pytest.fixture
def rita() -> User:
    """Somebody who asks."""
    return person("Rita", Role.MEMBER)


@pytest.fixture
def olaf() -> User:
    """Somebody who decides."""
    return person("Olaf", Role.MEMBER)


@pytest.fixture
def approval(ledger: Ledger, rita: User, olaf: User) -> Approval:
    """Rita asks, Olaf decides."""
    return ask(rita, stage(olaf), deadline=soon())


def decide(client: APIClient, approval: Approval, tag: str | None, **body: object) -> object:
    """Post a decision upon the version in `tag`."""
    headers = {} if tag is None else {"If-Match": tag}
    return client.post(
        f"{API}/{approval.uuid}/decide", {"answer": "approve", **body}, headers=headers
    )


def test_a_reviewer_looks_and_decides_upon_what_they_saw(approval: Approval, olaf: User) -> None:
    client = client_of(olaf)
    seen = client.get(f"{API}/{approval.uuid}")
    assert seen.json()["may_decide"] is True
    assert seen.json()["stages"][0]["reviewers"] == ["Olaf"]
    done = decide(client, approval, seen["ETag"], note="fine", terms={"until": "2026-07-01"})
    assert done.status_code == 200
    assert done.json()["state"] == "approved"
    assert done.json()["may_decide"] is False
    verdict = done.json()["stages"][0]["verdicts"][0]
    assert (verdict["by"]["name"], verdict["note"]) == ("Olaf", "fine")
    assert done["ETag"] != seen["ETag"]


def test_without_the_version_seen_nothing_is_decided(approval: Approval, olaf: User) -> None:
    client = client_of(olaf)
    assert decide(client, approval, None).status_code == 428
    assert decide(client, approval, '"v99"').status_code == 412
    assert decide(client, approval, "nonsense").status_code == 412
    assert not Verdict.objects.exists()


def test_whoever_comes_second_is_told_who_came_first(
    ledger: Ledger, rita: User, olaf: User
) -> None:
    second = person("Second", Role.MEMBER)
    approval = ask(rita, stage(olaf, second), deadline=soon())
    tag = client_of(second).get(f"{API}/{approval.uuid}")["ETag"]
    decide(client_of(olaf), approval, tag)
    late = decide(client_of(second), approval, tag)
    assert late.status_code == 409
    assert "Olaf approved it" in late.json()["detail"]


def test_the_same_decision_sent_again_has_the_same_answer(approval: Approval, olaf: User) -> None:
    client = client_of(olaf)
    tag = client.get(f"{API}/{approval.uuid}")["ETag"]
    for _ in range(2):
        done = client.post(
            f"{API}/{approval.uuid}/decide",
            {"answer": "approve"},
            headers={"If-Match": tag, "Idempotency-Key": "once"},
        )
        assert done.status_code == 200
        assert done.json()["state"] == "approved"
    assert Verdict.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"answer": "maybe"}, 400, "answer"),
        ({"answer": "deny"}, 400, "note"),
        ({"answer": "deny", "note": "n", "terms": {"a": 1}}, 400, "terms"),
        ({"terms": []}, 400, "terms"),
        ({"note": "x" * 4001}, 400, "note"),
        ({"verdict": "approve"}, 400, "verdict"),
    ],
)
def test_what_is_wrong_with_a_decision_is_named(
    approval: Approval, olaf: User, body: dict[str, object], status: int, field: str
) -> None:
    response = decide(client_of(olaf), approval, '"v1"', **body)
    assert response.status_code == status
    assert response.json()["errors"][0]["field"] == field


def test_the_requester_sees_it_and_may_not_decide_but_withdraw(
    approval: Approval, rita: User
) -> None:
    client = client_of(rita)
    seen = client.get(f"{API}/{approval.uuid}")
    assert seen.json()["may_decide"] is False
    assert decide(client, approval, seen["ETag"]).status_code == 403
    url = f"{API}/{approval.uuid}/withdraw"
    assert client.post(url).status_code == 428
    assert client.post(url, headers={"If-Match": '"v7"'}).status_code == 412
    done = client.post(url, headers={"If-Match": seen["ETag"]})
    assert done.json()["state"] == "withdrawn"


def test_to_others_it_is_not_there(approval: Approval) -> None:
    client = client_of(person("Eve", Role.MEMBER))
    assert client.get(f"{API}/{approval.uuid}").status_code == 404
    assert decide(client, approval, '"v1"').status_code == 404
    assert client.get(API).json()["results"] == []


def test_an_auditor_sees_it_and_may_not_decide(approval: Approval) -> None:
    client = client_of(person("Audrey", Role.AUDITOR))
    assert client.get(f"{API}/{approval.uuid}").status_code == 200
    assert decide(client, approval, '"v1"').status_code == 403


def test_the_boxes_hold_what_they_say(
    ledger: Ledger, approval: Approval, rita: User, olaf: User
) -> None:
    second = person("Second", Role.MEMBER)
    shared = ask(rita, stage(olaf, second, needed=2), deadline=soon(), title="shared")

    def box(user: User, name: str) -> set[str]:
        rows = client_of(user).get(API, {"box": name}).json()["results"]
        return {row["uuid"] for row in rows}

    both = {str(approval.uuid), str(shared.uuid)}
    assert box(olaf, "needs_you") == both
    assert box(rita, "waiting") == both
    decide(client_of(olaf), shared, '"v1"')
    assert box(olaf, "needs_you") == {str(approval.uuid)}
    assert box(olaf, "waiting") == {str(shared.uuid)}
    decide(client_of(olaf), approval, '"v1"')
    assert box(olaf, "decided") == {str(approval.uuid)}
    assert box(rita, "decided") == {str(approval.uuid)}
    assert client_of(olaf).get(API, {"box": "attic"}).status_code == 400


def test_a_seat_is_lent_shown_and_taken_back(olaf: User) -> None:
    dora, client = person("Dora", Role.MEMBER), client_of(olaf)
    body = {"taker": str(dora.uuid), "until": soon().isoformat(), "reason": "Holiday"}
    made = client.post("/api/v1/delegations", body)
    assert made.status_code == 201
    assert client_of(dora).get("/api/v1/delegations").json()["results"][0]["uuid"]
    end = f"{made['Location']}/end"
    assert client_of(dora).post(end).status_code == 403
    assert client.post(end).json()["ended_at"] is not None
    assert client.post(end).status_code == 409
    unknown = client.post("/api/v1/delegations", body | {"taker": str(made.json()["uuid"])})
    assert unknown.json()["errors"][0]["field"] == "taker"


def test_a_seat_lent_for_a_domain_is_taken_back_by_who_holds_a_role_elsewhere() -> None:
    here, there = domain("here"), domain("there")
    olga, taker = person("Olga", Role.OWNER, domain=here), person("Taker")
    client = client_of(olga)
    until = (datetime.now(tz=UTC) + timedelta(days=1)).isoformat()
    body = {"taker": str(taker.uuid), "until": until, "reason": "Holiday", "domain": there.key}
    made = client.post("/api/v1/delegations", body, format="json")
    assert (made.status_code, made.json()["domain"]) == (201, "there")
    assert client.post(f"/api/v1/delegations/{made.json()['uuid']}/end").status_code == 200
    for wrong in ({"domain": "nowhere"}, {"kind": "nonsense"}):
        refused = client.post("/api/v1/delegations", body | wrong, format="json")
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == next(iter(wrong))


@pytest.mark.parametrize("box", ["", "needs_you", "waiting", "decided"])
def test_a_list_costs_the_same_number_of_queries_however_long(
    ledger: Ledger, rita: User, olaf: User, box: str
) -> None:
    finance = domain("finance")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_for(olaf)}")
    counts = []
    for _ in range(2):
        for _ in range(3):
            asked = ask(rita, stage(olaf, ReviewerSpec(role=Role.OWNER)), domain=finance)
            Approval.objects.filter(pk=asked.pk).update(deadline=soon())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(API, {"box": box} if box else {}).status_code == 200
        counts.append(len(queries))
    assert counts[0] - 1 == counts[1]  # the first notes that the token was used
    assert counts[1] <= 5


def test_a_detail_costs_the_same_number_of_queries_however_many_answered(
    ledger: Ledger, rita: User
) -> None:
    many = [person("", Role.MEMBER) for _ in range(6)]
    approval = ask(rita, stage(*many, needed=6), deadline=soon())
    client, counts = client_of(many[5]), []
    for one in many[:4]:
        approval.refresh_from_db()
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{API}/{approval.uuid}")
        counts.append(len(queries))
        services.decide(
            approval=approval,
            answer="approve",
            note="",
            terms={},
            version=approval.version,
            at=datetime.now(tz=UTC),
            actor=one,
        )
    assert counts[1] == counts[3]
