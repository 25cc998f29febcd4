"""A request goes where the strictest tag sends it, on the strictest terms of all that bind it."""

from datetime import timedelta
from typing import Any

import pytest

from apps.core.errors import Refused
from apps.identity.permissions import Role
from apps.policies.selectors import Route, route_for
from apps.semantics.filters import EVERYTHING, SubjectIs
from apps.semantics.masks import NULL, REDACT, Mask, MaskFunction
from tests import people
from tests.policies.conftest import AT, IN_OWN_REGION, Company, request_terms

STEWARDS = {"name": "Stewards", "needed": 1, "reviewers": [{"kind": "dataset_steward"}]}
REDACTED = {"function": "redact"}


def sensitive(**more: Any) -> dict[str, Any]:
    """A request policy about confidential columns alone, for ten days, decided by stewards."""
    confidential = {"tags": {"at_least": "confidential"}, "level": "column"}
    return request_terms(
        **({"resource": confidential, "stages": [STEWARDS], "longest_days": 10} | more)
    )


def asked(company: Company, *columns: str, purpose: str = "audit", **more: Any) -> Route:
    """Anna's route for these columns of the orders."""
    given = {"requester": company.anna, "dataset": company.orders, "at": AT} | more
    return route_for(columns=columns, purpose=purpose, **given)


def test_without_a_request_policy_nobody_can_ask(company: Company) -> None:
    with pytest.raises(Refused, match=r"No request policy is about sales\.orders"):
        asked(company, "id")


def test_a_proposed_policy_routes_nothing_yet(company: Company) -> None:
    company.propose("ask", "request", request_terms())
    with pytest.raises(Refused):
        asked(company, "id")


def test_the_dataset_owner_decides_within_the_longest_stay(company: Company) -> None:
    company.enact("ask", "request", request_terms())
    route = asked(company, "id", "region")
    (stage,) = route.stages
    assert [spec.user for spec in stage.reviewers] == [company.orders.owner]
    assert route.longest == timedelta(days=90)
    assert route.decide_by(AT) == AT + timedelta(days=7)
    assert (route.policy, route.masks, route.filter) == ("policy:ask@1", {}, EVERYTHING)
    assert route.reasons == ("“Ask” is about id and region (at least public): at most 90 days.",)


def test_the_strictest_tag_wins_and_what_binds_other_columns_is_joined(company: Company) -> None:
    company.enact("ask", "request", request_terms())
    company.enact("ask-sensitive", "request", sensitive())
    plain, both = asked(company, "id"), asked(company, "id", "email")
    assert (plain.policy, plain.longest.days) == ("policy:ask@1", 90)
    assert (both.policy, both.longest.days) == ("policy:ask-sensitive@1", 10)
    assert [stage.name for stage in both.stages] == ["Stewards", "Owner"]
    alone = asked(company, "email")
    assert [stage.name for stage in alone.stages] == ["Stewards"]


def test_two_policies_for_the_same_tag_bind_together(company: Company) -> None:
    company.enact("ask-a", "request", sensitive(longest_days=5))
    company.enact("ask-b", "request", sensitive(stages=[STEWARDS | {"needed": 2}]))
    route = asked(company, "email")
    assert route.longest.days == 5
    assert sorted(stage.needed for stage in route.stages) == [1, 2]


def test_obligatory_masks_and_rows_of_all_that_binds_are_joined(company: Company) -> None:
    partial = {"function": "partial", "first": 1, "last": 0}
    on_email = [{"tags": {"tag": "pii"}, "mask": partial}]
    company.enact("ask", "request", request_terms(masks=on_email))
    company.enact(
        "ask-sensitive",
        "request",
        sensitive(masks=[{"tags": {"tag": "pii.email"}, "mask": REDACTED}], filter=IN_OWN_REGION),
    )
    both = asked(company, "id", "email")
    assert both.masks["email"] == REDACT
    assert both.filter == SubjectIs("region", "region")
    assert asked(company, "id").masks["email"] == Mask(MaskFunction.PARTIAL, first=1)


def test_an_unclassified_column_stays_empty_in_what_is_granted(company: Company) -> None:
    company.enact("ask", "request", request_terms())
    route = asked(company, "id", "note")
    assert route.masks == {"note": NULL}
    assert "note is left empty, as nobody has classified it yet." in route.reasons
    with pytest.raises(Refused, match="Nobody has classified"):
        asked(company, "note")


def test_a_column_that_no_policy_is_about_has_to_be_left_out(company: Company) -> None:
    company.enact("ask-sensitive", "request", sensitive())
    with pytest.raises(Refused, match="leave id out"):
        asked(company, "id", "email")


def test_only_the_people_it_names_may_ask_except_those_it_excepts(company: Company) -> None:
    people.team("sales", company.anna, company.ben)
    subjects = {
        "any_of": [{"kind": "team", "key": "sales"}],
        "except": [{"kind": "user", "key": company.ben.email}],
    }
    company.enact("ask", "request", request_terms(subjects=subjects))
    assert asked(company, "id")
    for other in (company.ben, company.steward):
        with pytest.raises(Refused, match="lets other people ask"):
            asked(company, "id", requester=other)


def test_whom_the_strictest_tag_does_not_let_ask_cannot_go_by_a_laxer_policy(
    company: Company,
) -> None:
    people.team("sales", company.ben)
    whole = {"tags": {"at_least": "public"}, "level": "dataset"}
    company.enact("ask", "request", request_terms(resource=whole))
    subjects = {"any_of": [{"kind": "team", "key": "sales"}]}
    company.enact("ask-sensitive", "request", sensitive(subjects=subjects))
    assert asked(company, "id").policy == "policy:ask@1"
    with pytest.raises(Refused, match="Ask-sensitive lets other people ask for email"):
        asked(company, "id", "email")
    assert asked(company, "email", requester=company.ben).policy == "policy:ask-sensitive@1"


def test_of_two_policies_for_one_tag_the_one_that_lets_them_ask_binds(company: Company) -> None:
    people.team("sales", company.anna)
    subjects = {"any_of": [{"kind": "team", "key": "sales"}]}
    company.enact("ask-team", "request", sensitive(subjects=subjects, longest_days=30))
    others = {"any_of": [{"kind": "everyone"}], "except": [{"kind": "team", "key": "sales"}]}
    company.enact("ask-others", "request", sensitive(subjects=others, longest_days=5))
    assert asked(company, "email").longest.days == 30
    assert asked(company, "email", requester=company.ben).longest.days == 5


def test_a_service_account_asks_as_whoever_answers_for_it(company: Company) -> None:
    people.team("sales", company.anna)
    subjects = {"any_of": [{"kind": "team", "key": "sales"}]}
    company.enact("ask", "request", request_terms(subjects=subjects))
    assert asked(company, "id", requester=people.machine("loader", company.anna))
    with pytest.raises(Refused):
        asked(company, "id", requester=people.machine("other", company.ben))


def test_a_purpose_that_no_policy_allows_is_refused(company: Company) -> None:
    company.enact("ask", "request", request_terms(purposes=["audit"]))
    assert asked(company, "id")
    with pytest.raises(Refused, match="with the purpose service"):
        asked(company, "id", purpose="service")


def test_a_policy_routes_from_its_beginning_to_its_end(company: Company) -> None:
    begins, ends = AT + timedelta(days=1), AT + timedelta(days=2)
    company.enact("ask", "request", request_terms(), valid_from=begins, until=ends)
    assert asked(company, "id", at=begins)
    for at in (AT, ends):
        with pytest.raises(Refused):
            asked(company, "id", at=at)


def test_a_policy_of_another_domain_routes_nothing(company: Company) -> None:
    company.enact("ask", "request", request_terms(), domain=people.domain("finance"))
    with pytest.raises(Refused):
        asked(company, "id")


def test_an_owner_who_asks_is_not_their_own_reviewer(company: Company) -> None:
    company.enact("ask", "request", request_terms())
    owner = company.orders.owner
    assert owner is not None
    (spec,) = asked(company, "id", requester=owner).stages[0].reviewers
    assert (spec.user, spec.role, spec.domain) == (None, Role.OWNER, company.sales)
    owner.is_active = False
    owner.save()
    (spec,) = asked(company, "id").stages[0].reviewers
    assert spec.role == Role.OWNER


def test_reviewers_named_in_every_way_are_asked(company: Company) -> None:
    team = people.team("board", company.steward)
    reviewers = [
        {"kind": "user", "key": company.steward.email},
        {"kind": "team", "key": "board"},
        {"kind": "role", "key": "auditor"},
        {"kind": "role", "key": "owner", "domain": "sales"},
        {"kind": "dataset_steward"},
    ]
    stages = [{"name": "All", "needed": 2, "reviewers": reviewers}]
    company.enact("ask", "request", request_terms(stages=stages))
    (stage,) = asked(company, "id").stages
    assert stage.needed == 2
    assert [spec.user or spec.team or (spec.role, spec.domain) for spec in stage.reviewers] == [
        company.steward,
        team,
        ("auditor", company.sales),
        ("owner", company.sales),
        ("steward", company.sales),
    ]


def test_a_stage_that_only_the_asker_could_decide_is_refused(company: Company) -> None:
    reviewers = [{"kind": "user", "key": company.anna.email}]
    stages = [{"name": "Self", "needed": 1, "reviewers": reviewers}]
    company.enact("ask", "request", request_terms(stages=stages))
    with pytest.raises(Refused, match="names nobody who could decide"):
        asked(company, "id")
