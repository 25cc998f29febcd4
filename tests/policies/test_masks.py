"""What the policies in force do to each column is told from them, also for what is proposed."""

import pytest
from django.test import Client

from apps.catalog.models import Field, Tag, Tagging, TagState
from apps.identity.permissions import Role
from apps.policies.selectors.masks import Covered, masks_on
from apps.policies.selectors.readers import Readers, readers_of
from tests import people
from tests.policies.conftest import AT, EMAILS, EVERYONE, ORDERS, REDACT, Company, request_terms

MASK = {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT}
ROWS = {"kind": "compare", "column": "region", "operator": "=", "value": "EU"}


@pytest.fixture
def covered(company: Company):
    def read() -> dict[str, Covered]:
        found = masks_on(company.orders, people.fresh(company.steward), AT)
        return {each.field.name: each for each in found}

    return read


def propose_tag(company: Company, column: str, tag: str) -> None:
    Tagging.objects.create(
        field=Field.objects.get(dataset=company.orders, name=column),
        tag=Tag.objects.get(key=tag),
        state=TagState.PROPOSED,
        detector="email",
        confidence=0.9,
    )


def test_without_a_policy_nothing_is_masked_and_bare_columns_are_left_out(covered) -> None:
    assert set(covered()) == {"id", "email", "region"}
    assert all(not each.covers for each in covered().values())


def test_a_mask_is_told_with_whom_it_is_for(company: Company, covered) -> None:
    company.enact("mask-email", "mask", MASK)
    email = covered()["email"]
    assert email.short == "***"
    assert [(each.name, each.who, each.asked) for each in email.masks] == [
        ("Mask-email", "everyone", False)
    ]
    assert covered()["id"].short == ""


def test_a_proposed_column_is_shown_as_it_would_be(company: Company, covered) -> None:
    company.enact("mask-email", "mask", MASK)
    assert "note" not in covered()
    propose_tag(company, "note", "pii.email")
    note = covered()["note"]
    assert note.proposed
    assert note.short == "***"
    assert not covered()["email"].proposed


def test_several_masks_are_one_the_strictest(company: Company, covered) -> None:
    company.enact("mask-email", "mask", MASK)
    company.enact("null-email", "mask", {**MASK, "mask": {"function": "null"}})
    assert covered()["email"].short == "Nothing (NULL)"
    assert len(covered()["email"].masks) == 2


def test_what_requests_carry_and_limits_of_rows_are_told_apart(company: Company, covered) -> None:
    masks = [{"tags": {"tag": "pii.email"}, "mask": REDACT}]
    company.enact("ask", "request", request_terms(masks=masks))
    company.enact("eu", "filter", {"subjects": EVERYONE, "resource": EMAILS, "filter": ROWS})
    email = covered()["email"]
    assert [each.asked for each in email.masks] == [True]
    assert [each.rows for each in email.limits] == ["region is 'EU'"]


def test_the_part_of_the_page_fills_the_cells_and_says_what_confirming_does(
    company: Company,
) -> None:
    company.enact("mask-email", "mask", MASK)
    propose_tag(company, "note", "pii.email")
    client = Client()
    client.force_login(people.fresh(company.steward))
    answer = client.get(f"/data/{company.orders.uuid}/masks?column=note")
    page = " ".join(answer.content.decode().split())
    note = Field.objects.get(dataset=company.orders, name="note")
    assert f'hx-target="#mask-{note.uuid}"' in page
    assert "once confirmed" in page
    assert 'hx-target="#if-confirmed"' in page
    assert 'href="/policies/mask-email"' in page


def test_who_may_not_read_policies_is_told_none_of_it(company: Company) -> None:
    client = Client()
    client.force_login(people.person("", Role.MEMBER))
    assert client.get(f"/data/{company.orders.uuid}/masks").status_code == 403
    assert 'hx-swap="none"' not in client.get(f"/data/{company.orders.uuid}").content.decode()


def test_a_policy_of_another_domain_masks_without_its_name(company: Company) -> None:
    company.enact("mask-email", "mask", MASK)
    outsider = people.person("", Role.STEWARD, domain=people.domain("elsewhere"))
    (found,) = [
        each for each in masks_on(company.orders, outsider, AT) if each.field.name == "email"
    ]
    assert found.short == "***"


@pytest.mark.parametrize(
    ("mask", "short"),
    [
        ({"function": "partial", "first": 1, "last": 0}, "First character"),
        ({"function": "partial", "first": 0, "last": 4}, "Last 4"),
        ({"function": "partial", "first": 2, "last": 4}, "First 2, last 4"),
        ({"function": "hash"}, "Keyed hash"),
        ({"function": "token", "domain": "people"}, "Token"),
    ],
)
def test_a_mask_is_said_in_a_word_or_two(
    company: Company, covered, mask: dict[str, object], short: str
) -> None:
    company.enact("mask-email", "mask", {**MASK, "mask": mask})
    assert covered()["email"].short == short


def test_readers_are_counted_by_what_they_are_decided_to_see(company: Company) -> None:
    anna = {"any_of": [{"kind": "user", "key": company.anna.email}]}
    both = {"any_of": [*anna["any_of"], {"kind": "user", "key": company.ben.email}]}
    assert readers_of(company.orders, AT) == {
        name: Readers(0, 0) for name in ("id", "email", "region", "note")
    }
    company.enact("read", "grant", {"subjects": both, "resource": ORDERS})
    company.enact("mask-email", "mask", {**MASK, "subjects": anna})
    found = readers_of(company.orders, AT)
    assert found is not None
    assert found["id"] == Readers(2, 0)
    assert found["email"] == Readers(1, 1)
    assert found["note"] == Readers(0, 2)  # nobody has classified it
