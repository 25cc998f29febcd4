"""The pages of access: who sees what, what asking would lead to, and what a refusal looks like."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.access.models import AccessRequest, Grant, Purpose
from apps.access.routes import Asked
from apps.access.services.requests import submit_request
from apps.approvals import services as approvals
from apps.approvals.selectors import approval_of
from apps.approvals.specs import ReviewerSpec, StageSpec
from apps.audit.models import Entry
from apps.catalog.models import Account, Dataset, Field, SystemRole
from apps.connectors.contracts import Preview
from apps.connectors.contracts import Refused as ConnectorRefused
from apps.enforcement import services as enforcing
from apps.enforcement.models import Evidence, Proof
from apps.identity.models import User
from tests import people
from tests.connectors.double import MemoryTarget
from tests.policies.conftest import Company


def client_of(user: User | None) -> Client:
    """A browser in which this person is signed in."""
    browser = Client()
    assert user is not None
    browser.force_login(people.fresh(user))
    return browser


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


@pytest.fixture
def request_(asking: Company, purpose: Purpose) -> AccessRequest:
    """Anna asks for id and e-mail of the orders from today."""
    now: datetime = timezone.now()
    return submit_request(
        requester=asking.anna,
        beneficiary=asking.anna,
        items=[Asked(asking.orders, frozenset({"id", "email"}))],
        purpose=purpose,
        justification="To answer <customers>.",
        ticket="SUP-12",
        until=now + timedelta(days=60),
        at=now,
        actor=asking.anna,
    )


@pytest.fixture
def grant(asking: Company, request_: AccessRequest) -> Grant:
    """What the request became, applied and proven."""
    approval = approval_of(request_.approval)
    assert asking.orders.owner
    approvals.decide(
        approval=approval,
        answer="approve",
        note="For the season.",
        terms={},
        version=approval.version,
        at=timezone.now(),
        actor=people.fresh(asking.orders.owner),
    )
    enforcing.reconcile(system=asking.system, at=timezone.now(), actor=people.TESTS)
    return Grant.objects.get()


def test_the_page_of_a_grant_shows_its_proof_to_its_holder(asking: Company, grant: Grant) -> None:
    shown = text(client_of(asking.anna), f"/grants/{grant.uuid}")
    assert "Anna may read" in shown
    assert "as expected" in shown
    assert "Proven" in shown
    assert "To answer &lt;customers&gt;." in shown
    assert "1 of 2 columns masked" in shown
    assert "Olga Owner" in shown
    assert "End now" in shown
    assert "Renew" in shown
    assert "/connections" not in shown.replace('href="/connections"', "")
    assert client_of(asking.ben).get(f"/grants/{grant.uuid}").status_code == 404


def test_the_holder_downloads_the_evidence_of_their_own_grant(
    asking: Company, grant: Grant
) -> None:
    proof = Proof.objects.get(owner=grant.ref)
    path = f"/grants/{grant.uuid}/evidence/{proof.evidence.uuid}"
    answer = client_of(asking.anna).get(path)
    assert answer.status_code == 200
    assert "Repr-Digest" in answer.headers
    assert path in text(client_of(asking.anna), f"/grants/{grant.uuid}")
    assert client_of(asking.ben).get(path).status_code == 404
    assert client_of(asking.anna).get(f"/evidence/{proof.evidence.uuid}").status_code == 403
    kept = Evidence.objects.create(sha256="0" * 64, body=b"{}", at=timezone.now())
    others = f"/grants/{grant.uuid}/evidence/{kept.uuid}"
    assert client_of(asking.anna).get(others).status_code == 404, "it is of something else"


def test_asking_again_returns_the_proof_alone(asking: Company, grant: Grant) -> None:
    anna = client_of(asking.anna)
    answer = anna.post(f"/grants/{grant.uuid}/ask-again", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.content.decode().count('id="proof"') == 1
    assert "<html" not in answer.content.decode()
    assert "2 times the same answer" in answer.content.decode()
    assert 'id="standing" hx-swap-oob="true"' in answer.content.decode()
    assert anna.post(f"/grants/{grant.uuid}/ask-again").status_code == 302
    assert client_of(asking.ben).post(f"/grants/{grant.uuid}/ask-again").status_code == 404


def test_ending_a_grant_is_shown_and_then_proven_gone(asking: Company, grant: Grant) -> None:
    anna = client_of(asking.anna)
    assert anna.post(f"/grants/{grant.uuid}/end").status_code == 302
    shown = text(anna, f"/grants/{grant.uuid}")
    assert "Being taken away" in shown
    assert "Anna could read" in shown
    assert "End now" not in shown
    enforcing.reconcile(system=asking.system, at=timezone.now(), actor=people.TESTS)
    assert "Proven gone" in text(anna, f"/grants/{grant.uuid}")
    assert anna.post(f"/grants/{grant.uuid}/end").status_code == 409


def test_live_rows_are_shown_to_who_may_end_it_and_the_look_is_in_the_book(
    asking: Company, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Preview(("id", "email"), frozenset({"email"}), (("1", "***"), ("2", None)), 2, 5)
    monkeypatch.setattr(MemoryTarget, "preview", lambda *_: seen, raising=False)
    path = f"/grants/{grant.uuid}/rows"
    answer = client_of(asking.anna).post(path)
    assert (answer.status_code, "2 of 5 rows are visible." in answer.content.decode()) == (
        200,
        True,
    )
    assert Entry.objects.filter(action="access.preview_rows", subject=grant.ref).count() == 1
    auditor = client_of(people.person("Aiko", "auditor"))
    assert auditor.post(path).status_code == 403
    client_of(asking.anna).post(f"/grants/{grant.uuid}/end")
    assert client_of(asking.anna).post(path).status_code == 409


def test_rows_of_a_system_that_cannot_be_asked_are_refused_in_its_words(
    asking: Company, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise ConnectorRefused("There is no connector of that name.")

    monkeypatch.setattr("apps.catalog.connections.target", refuse)
    answer = client_of(asking.anna).post(f"/grants/{grant.uuid}/rows")
    assert answer.status_code == 422
    assert "There is no connector of that name." in answer.content.decode()
    assert not Entry.objects.filter(action="access.preview_rows").exists()


def test_who_may_see_but_not_end_a_grant_finds_no_button(asking: Company, grant: Grant) -> None:
    auditor = client_of(people.person("Aiko", "auditor"))
    shown = text(auditor, f"/grants/{grant.uuid}")
    assert "End now" not in shown
    assert "Ask now" not in shown
    assert auditor.post(f"/grants/{grant.uuid}/end").status_code == 403


def test_looking_after_a_table_without_the_role_does_not_let_one_end_its_grants(
    asking: Company, grant: Grant
) -> None:
    Dataset.objects.filter(pk=asking.orders.pk).update(steward=asking.ben)
    ben = client_of(asking.ben)
    shown = text(ben, f"/grants/{grant.uuid}")
    assert "End now" not in shown
    assert "Show live rows" not in shown
    assert ben.post(f"/grants/{grant.uuid}/end").status_code == 403
    assert ben.post(f"/grants/{grant.uuid}/rows").status_code == 403
    form = {"days": "80", "justification": "Still."}
    assert "neither" in ben.post(f"/grants/{grant.uuid}/renew", form).content.decode()
    grant.refresh_from_db()
    assert grant.ended_at is None


def test_renewing_asks_the_same_people_and_a_refusal_stands_at_the_top(
    asking: Company, grant: Grant
) -> None:
    anna = client_of(asking.anna)
    path = f"/grants/{grant.uuid}/renew"
    sooner = anna.post(path, {"days": "30", "justification": "Still."})
    assert (sooner.status_code, "lasts until" in sooner.content.decode()) == (422, True)
    longer = anna.post(path, {"days": "400", "justification": "Still."})
    assert "90 days at the longest" in longer.content.decode()
    assert anna.post(path, {"days": "x", "justification": "\0"}).status_code == 422
    assert anna.post(path, {"days": "80", "justification": "Still."}).status_code == 302
    renewal = AccessRequest.objects.get(renews=grant)
    assert "renews" in text(anna, f"/requests/{renewal.uuid}")


def test_the_list_of_grants_says_where_each_stands(asking: Company, grant: Grant) -> None:
    anna = client_of(asking.anna)
    shown = text(anna, "/grants")
    assert f"/grants/{grant.uuid}" in shown
    assert "Proven" in shown
    assert "2 columns, 1 masked" in shown
    assert f"/grants/{grant.uuid}" not in text(client_of(asking.ben), "/grants")
    assert f"/grants/{grant.uuid}" in text(anna, "/grants?q=ord&whose=mine")
    assert f"/grants/{grant.uuid}" in text(anna, f"/grants?q={grant.key}")
    assert "No grants match this" in text(anna, "/grants?q=nothing")
    assert "None ends in the next two weeks" in text(anna, "/grants?state=soon")
    assert "None has ended" in text(anna, "/grants?state=ended")
    assert "Live" in text(anna, "/grants?state=%00&q=%00&page=x")


def test_the_owner_sees_all_grants_and_their_own_apart(asking: Company, grant: Grant) -> None:
    owner = client_of(asking.orders.owner)
    assert f"/grants/{grant.uuid}" in text(owner, "/grants")
    assert f"/grants/{grant.uuid}" not in text(owner, "/grants?whose=mine")


def test_my_requests_say_whose_turn_it_is(asking: Company, request_: AccessRequest) -> None:
    anna = client_of(asking.anna)
    shown = text(anna, "/requests")
    assert f"/requests/{request_.uuid}" in shown
    assert "Olga Owner, by" in shown
    assert "Nothing waits for a decision" in text(client_of(asking.ben), "/requests")
    owner = client_of(asking.orders.owner)
    assert f"/requests/{request_.uuid}" not in text(owner, "/requests")
    assert f"/requests/{request_.uuid}" in text(owner, "/requests?whose=all")


def test_a_list_costs_the_same_however_long_it_is(
    asking: Company, purpose: Purpose, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """What is asked of the control database does not grow with the rows of a page."""
    anna = client_of(asking.anna)

    def cost(path: str) -> int:
        with django_assert_max_num_queries(200) as counted:
            text(anna, path)
        return len(counted)

    def requested() -> None:
        at = timezone.now()
        made = AccessRequest.objects.create(
            requester=asking.anna,
            beneficiary=asking.anna,
            purpose=purpose,
            justification="Needed.",
            until=at + timedelta(days=30),
            created_at=at,
        )
        approval = approvals.open_approval(
            kind="access.request",
            subject=made.ref,
            title="Read",
            requested_by=asking.anna,
            stages=[StageSpec("Owner", 1, [ReviewerSpec(user=asking.orders.owner)])],
            deadline=at + timedelta(days=3),
            domain=asking.sales,
            context={},
            actor=people.TESTS,
        )
        AccessRequest.objects.filter(pk=made.pk).update(approval=approval.uuid)

    for _ in range(2):
        requested()
    few = cost("/requests")
    for _ in range(6):
        requested()
    assert cost("/requests") <= few


def test_a_request_shows_its_way_and_is_taken_back(
    asking: Company, request_: AccessRequest
) -> None:
    anna, path = client_of(asking.anna), f"/requests/{request_.uuid}"
    shown = text(anna, path)
    assert "It waits for Olga Owner" in shown
    assert "replaced by ***" in shown
    assert "Take it back" in shown
    owner = client_of(asking.orders.owner)
    assert "Take it back" not in text(owner, path)
    assert f"/inbox/{request_.approval}" in text(owner, path)
    assert owner.post(f"{path}/withdraw").status_code == 404
    assert client_of(asking.ben).get(path).status_code == 404
    assert anna.post(f"{path}/withdraw").status_code == 302
    assert "Anna withdrew it" in text(anna, path)
    assert "Ask again" in text(anna, path)
    assert anna.post(f"{path}/withdraw").status_code == 409
    assert f"/requests/{request_.uuid}" in text(anna, "/requests?state=closed")


def test_a_decided_request_leads_to_its_grants(
    asking: Company, request_: AccessRequest, grant: Grant
) -> None:
    shown = text(client_of(asking.anna), f"/requests/{request_.uuid}")
    assert f"/grants/{grant.uuid}" in shown
    assert "Olga Owner approved it" in shown
    assert "For the season." in shown
    assert "Proven" in text(client_of(asking.anna), "/requests?state=approved")


def test_only_who_oversees_a_dataset_sees_who_holds_it(asking: Company, grant: Grant) -> None:
    path = f"/data/{asking.orders.uuid}/grants"
    assert "Anna" in text(client_of(asking.orders.owner), path)
    assert "Anna" in text(client_of(people.person("Aiko", "auditor")), path)
    assert "Anna" in text(client_of(asking.anna), path)
    other = text(client_of(asking.ben), path)
    assert "Anna" not in other
    assert "1 person or service holds a grant" in other
    client_of(asking.anna).post(f"/grants/{grant.uuid}/end")
    assert "Nobody was given it" in text(client_of(asking.ben), path)


def ask_form(company: Company, **more: object) -> dict[str, object]:
    """What Anna fills in."""
    uuid = str(company.orders.uuid)
    return {
        "dataset": uuid,
        f"columns-{uuid}": ["id", "email"],
        f"rows-{uuid}": "",
        f"compared-{uuid}": "=",
        f"value-{uuid}": "",
        "purpose": "service",
        "justification": "To answer customers.",
        "ticket": "SUP-12",
        "days": "30",
        "until": "",
    } | more


def test_asking_starts_with_what_names_nobody(asking: Company, purpose: Purpose) -> None:
    shown = text(client_of(asking.anna), f"/ask?dataset={asking.orders.uuid}&purpose=service")
    assert "2 of 4 columns" in shown
    assert 'value="id" checked' in shown
    assert 'value="email" checked' not in shown
    assert "Olga Owner" in shown
    assert "At most 90 days." in shown
    assert "Nothing is chosen yet" in text(client_of(asking.anna), "/ask?dataset=x&days=%00")


def test_what_will_happen_is_shown_before_anything_is_sent(
    asking: Company, purpose: Purpose
) -> None:
    anna = client_of(asking.anna)
    htmx = {"HX-Request": "true"}
    shown = anna.post("/ask/draft", ask_form(asking), headers=htmx).content.decode()
    assert "replaced by ***" in shown
    assert 'id="ask-bar" hx-swap-oob="true"' in shown
    assert "<html" not in shown
    too_long = anna.post("/ask/draft", ask_form(asking, days="180"), headers=htmx)
    assert "90 days at the longest" in too_long.content.decode()
    nothing = anna.post("/ask/draft", ask_form(asking, purpose=""), headers=htmx)
    assert "Say what it is for" in nothing.content.decode()
    assert not AccessRequest.objects.exists()


def test_tables_are_found_by_their_words_and_put_into_the_basket(
    asking: Company, purpose: Purpose
) -> None:
    anna, uuid = client_of(asking.anna), asking.orders.uuid
    assert f"/ask/datasets/{uuid}" in text(anna, "/ask/find?q=ord")
    assert "No table begins so" in text(anna, "/ask/find?q=nothing")
    assert text(anna, "/ask/find?q=%00") == ""
    card = text(anna, f"/ask/datasets/{uuid}")
    assert f'name="dataset" value="{uuid}"' in card
    assert "2 of 4 columns" in card
    assert text(anna, f"/ask/datasets/{uuid}?dataset={uuid}", 204) == ""
    assert anna.get(f"/ask/datasets/{purpose.uuid}").status_code == 404


def test_a_request_goes_from_the_page_to_those_who_decide(
    asking: Company, purpose: Purpose
) -> None:
    anna, uuid = client_of(asking.anna), asking.orders.uuid
    rows = {f"rows-{uuid}": "region", f"value-{uuid}": "EU"}
    answer = anna.post("/ask", ask_form(asking, **rows))
    made = AccessRequest.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/requests/{made.uuid}")
    item = made.items.get()
    assert item.columns == ["email", "id"]
    assert item.filter["value"] == "EU"
    again = anna.post("/ask", ask_form(asking))
    assert (again.status_code, "asks for sales.orders already" in again.content.decode()) == (
        422,
        True,
    )
    assert "Asked already" in text(anna, f"/ask?dataset={uuid}&purpose=service")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"justification": " "}, "Say why you need it."),
        ({"purpose": "none"}, "Select a valid choice"),
        ({"dataset": "x"}, "Name at least one dataset."),
        ({"days": "180"}, "90 days at the longest"),
        ({"days": "date"}, "Choose the last day."),
        ({"days": "date", "until": "2020-01-01"}, "The end lies in the past."),
        ({"days": "date", "until": "x"}, "Enter a valid date."),
        ({"days": "999"}, "Select a valid choice"),
        ({"justification": "\0"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_asked_is_said_on_the_page(
    asking: Company, purpose: Purpose, more: dict[str, str], said: str
) -> None:
    answer = client_of(asking.anna).post("/ask", ask_form(asking, **more))
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert not AccessRequest.objects.exists()


def test_rows_that_make_no_sense_are_said(asking: Company, purpose: Purpose) -> None:
    anna, uuid = client_of(asking.anna), asking.orders.uuid
    rows = {f"rows-{uuid}": "id", f"value-{uuid}": "EU"}
    answer = anna.post("/ask", ask_form(asking, **rows))
    assert answer.status_code == 422
    assert "EU is no value that id (integer) could have." in answer.content.decode()
    none = {f"columns-{uuid}": []}
    assert (
        "Name at least one column" in anna.post("/ask", ask_form(asking, **none)).content.decode()
    )


def test_what_the_rail_promises_is_what_submitting_does(asking: Company, grant: Grant) -> None:
    """Having it already is refused by both, in the same words."""
    anna = client_of(asking.anna)
    draft = anna.post("/ask/draft", ask_form(asking)).content.decode()
    sent = anna.post("/ask", ask_form(asking)).content.decode()
    assert "can read this of sales.orders already" in draft
    assert "can read this of sales.orders already" in sent
    assert f"/grants/{grant.uuid}" in draft


def test_of_several_tables_each_says_for_itself_what_comes_of_it(
    asking: Company, purpose: Purpose
) -> None:
    at = timezone.now()
    notes = Dataset.objects.create(
        system=asking.system, schema="sales", name="notes", kind="table", domain=asking.sales,
        first_seen_at=at, last_seen_at=at,
    )  # fmt: skip
    Field.objects.create(dataset=notes, name="body", position=1, type="text")
    both = [str(asking.orders.uuid), str(notes.uuid)]
    columns = {f"rows-{notes.uuid}": "", f"columns-{notes.uuid}": ["body"]}
    anna = client_of(asking.anna)
    shown = anna.post("/ask/draft", ask_form(asking, dataset=both, **columns)).content.decode()
    assert "Owner decides" in shown
    assert "Nobody has classified any of these columns of sales.notes yet." in shown
    assert "<b>1 of 2</b> can be asked for" in shown
    sent = anna.post("/ask", ask_form(asking, dataset=both, **columns))
    assert sent.status_code == 422
    assert not AccessRequest.objects.exists()


def test_one_asks_for_a_machine_that_one_answers_for(asking: Company, purpose: Purpose) -> None:
    churn = people.machine("churn", asking.anna, "member")
    Account.objects.create(system=asking.system, user=churn, role="svc_churn")
    SystemRole.objects.create(system=asking.system, name="svc_churn", login=True)
    anna = client_of(asking.anna)
    assert "For whom" in text(anna, "/ask")
    assert "For whom" not in text(client_of(asking.ben), "/ask")
    form = ask_form(asking, beneficiary=str(churn.uuid))
    assert "Owner decides" in anna.post("/ask/draft", form).content.decode()
    assert anna.post("/ask", form).status_code == 302
    made = AccessRequest.objects.get()
    assert (made.requester, made.beneficiary) == (asking.anna, churn)
    stranger = ask_form(asking, beneficiary=str(asking.ben.uuid))
    assert "Select a valid choice" in anna.post("/ask", stranger).content.decode()


def test_nothing_that_was_chosen_is_left_out_in_silence(asking: Company, purpose: Purpose) -> None:
    anna = client_of(asking.anna)
    gone = [str(asking.orders.uuid), str(uuid4())]
    answer = anna.post("/ask", ask_form(asking, dataset=gone))
    assert answer.status_code == 422
    assert "A table that you chose is no longer there." in answer.content.decode()
    assert not AccessRequest.objects.exists()
    many = [str(uuid4()) for _ in range(31)]
    assert anna.post("/ask", ask_form(asking, dataset=many)).status_code == 400
