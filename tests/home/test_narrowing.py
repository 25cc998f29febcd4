"""A reviewer gives less than was asked: fewer columns, stricter masks, and the asker is told."""

import json
import re
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from apps.access.models import AccessRequest, Grant, Purpose
from apps.access.selectors.taken import taken_away
from apps.approvals.models import Approval, Verdict
from apps.core.errors import Invalid
from apps.home.inbox.narrowing import narrowing_of
from tests.home.conftest import ask
from tests.home.test_inbox_pages import client_of, path_of, text
from tests.policies.conftest import Company

NULL = json.dumps({"function": "null"})
REDACT = json.dumps({"function": "redact"})
EMAIL, ID = "0.0", "0.1"
"""The columns of the request by number: `email`, `id`."""


def options(page: str, number: str) -> list[str]:
    """What may be chosen for a column on the page."""
    found = re.search(rf'<select[^>]*name="mask\.{re.escape(number)}".*?</select>', page)
    return re.findall(r"<option[^>]*>([^<]*)</option>", found.group()) if found else []


def test_only_masks_stricter_than_what_stands_are_offered(
    asking: Company, asked: AccessRequest
) -> None:
    page = text(client_of(asking.orders.owner), path_of(asked))
    assert options(page, EMAIL) == ["replaced by ***", "left empty (NULL)"]
    of_id = options(page, ID)
    assert of_id[0] == "shown in full"
    assert "rounded down to a multiple of 100" in of_id
    assert "replaced by ***" not in of_id, "*** is no integer"


def test_what_is_left_out_shows_in_what_approving_would_do(
    asking: Company, asked: AccessRequest
) -> None:
    owner = client_of(asking.orders.owner)
    page = text(owner, f"{path_of(asked)}?weighed=0&keep={ID}")
    assert "Anna reads 1 column of" in page
    assert "email of sales.orders is not given." in page
    assert "Approve narrowed, 60 days" in page
    assert "Tell Anna why it is less than asked" in page


def test_a_stricter_mask_shows_in_what_approving_would_do(
    asking: Company, asked: AccessRequest
) -> None:
    owner = client_of(asking.orders.owner)
    chosen = {"weighed": "0", "keep": [EMAIL, ID], f"mask.{EMAIL}": NULL}
    answer = owner.get(path_of(asked), chosen)
    page = " ".join(answer.content.decode().split())
    assert '<code class="s-code">email</code> is left empty (NULL)' in page
    assert "Approve narrowed" in page
    assert re.search(r"<option[^>]*selected>left empty \(NULL\)</option>", page)


def test_a_narrowed_approval_becomes_a_narrower_grant_and_the_requester_reads_why(
    asking: Company, asked: AccessRequest
) -> None:
    owner = client_of(asking.orders.owner)
    form = {
        "answer": "approve",
        "version": "1",
        "days": "30",
        "note": "The number is enough.",
        "weighed": "0",
        "keep": [ID],
        f"mask.{ID}": json.dumps({"function": "bucket", "size": 100}),
    }
    assert owner.post(f"{path_of(asked)}/decide", form).status_code == 302
    grant = Grant.objects.get()
    assert grant.columns == ["id"]
    assert grant.masks["id"] == {"function": "bucket", "size": 100}
    assert grant.until < timezone.now() + timedelta(days=31)
    for page in (path_of(asked), f"/requests/{asked.uuid}"):
        told = text(client_of(asking.anna), page)
        assert "email of sales.orders is not given." in told
        assert "id of sales.orders is rounded down to a multiple of 100." in told
        assert "It ends on" in told
        assert "“The number is enough.”" in told


def test_leaving_out_every_column_is_answered_at_the_columns(
    asking: Company, asked: AccessRequest
) -> None:
    owner = client_of(asking.orders.owner)
    answer = owner.get(path_of(asked), {"weighed": "0"})
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == 422
    assert re.search(r'id="choose-0-error"[^>]*>.{0,200}At least one column must remain', page)
    assert 'value="approve"' not in page
    form = {"answer": "approve", "version": "1", "weighed": "0"}
    refused = owner.post(f"{path_of(asked)}/decide", form)
    assert refused.status_code == 422
    assert Approval.objects.get(uuid=asked.approval).is_pending


def test_what_is_no_mask_is_answered_at_its_column(asking: Company, asked: AccessRequest) -> None:
    owner = client_of(asking.orders.owner)
    chosen = {"weighed": "0", "keep": [EMAIL, ID], f"mask.{ID}": json.dumps({"function": "veil"})}
    answer = owner.get(path_of(asked), chosen)
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == 422
    assert f'id="mask-{ID}-error"' in page
    for nonsense in ("{", "[" * 9999):
        assert owner.get(path_of(asked), chosen | {f"mask.{ID}": nonsense}).status_code == 400
    for odd in ("1", "[]", '{"function": 1}', "null", "NaN"):
        assert owner.get(path_of(asked), chosen | {f"mask.{ID}": odd}).status_code == 422


def test_a_looser_mask_than_what_stands_widens_nothing(
    asking: Company, asked: AccessRequest
) -> None:
    owner = client_of(asking.orders.owner)
    plain = json.dumps({"function": "none"})
    form = {"answer": "approve", "version": "1", f"mask.{EMAIL}": plain}
    assert owner.post(f"{path_of(asked)}/decide", form).status_code == 302
    assert Grant.objects.get().masks == {"email": {"function": "redact"}}


def test_a_page_that_showed_no_columns_narrows_none(asking: Company, asked: AccessRequest) -> None:
    assert narrowing_of(QueryDict("days=0"), asked).terms(asked, timezone.now()) == {}
    assert narrowing_of(QueryDict(), None).terms(None, timezone.now()) == {}
    with pytest.raises(Invalid):
        narrowing_of(QueryDict("days=-3"), asked)


def test_a_later_reviewer_cannot_undo_what_an_earlier_one_narrowed(
    asking: Company, purpose: Purpose
) -> None:
    asked = ask(asking, purpose)
    approval = Approval.objects.get(uuid=asked.approval)
    stage = approval.stages.get()
    uuid = str(asking.orders.uuid)
    terms = {"items": {uuid: {"columns": ["id", "email"], "masks": {"id": {"function": "null"}}}}}
    Verdict.objects.create(
        stage=stage, by=asking.steward, answer="approve", terms=terms, at=timezone.now()
    )
    page = text(client_of(asking.orders.owner), path_of(asked))
    assert "An earlier reviewer chose the columns, and that stands." in page
    assert 'name="weighed"' not in page
    assert options(page, ID) == []
    assert options(page, EMAIL) == ["replaced by ***", "left empty (NULL)"]


def test_rows_set_by_a_reviewer_are_told_too(asking: Company, asked: AccessRequest) -> None:
    rows = {"kind": "compare", "column": "region", "operator": "=", "value": "EU"}
    terms = {"items": {str(asking.orders.uuid): {"filter": rows}}}
    assert taken_away(asked, terms) == ("Of sales.orders only rows where region is 'EU'.",)
    assert taken_away(asked, {}) == ()
