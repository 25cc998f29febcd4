"""What deciding promises: who may, who may not, and what happens to the rest."""

from datetime import timedelta

import pytest

from apps.approvals import selectors, services
from apps.approvals.models import Approval, Verdict
from apps.approvals.services import ReviewerSpec
from apps.audit.models import Entry
from apps.core.errors import Conflict, Forbidden, Invalid, Refused, Stale
from apps.identity import services as identity
from apps.identity.permissions import Role
from tests.approvals.conftest import AT, Ledger, answer, ask, stage
from tests.people import TESTS, domain, machine, person, team

pytestmark = pytest.mark.django_db


def test_one_approval_of_one_carries_it_out(ledger: Ledger) -> None:
    rita, olaf = person("Rita"), person("Olaf")
    approval = answer(ask(rita, stage(olaf)), olaf, terms={"until": "2026-07-01"})
    assert approval.state == Approval.State.APPROVED
    assert approval.decided_at == AT
    assert ledger.heard == [(approval.title, "approved", True, {"until": "2026-07-01"})]


def test_two_of_three_must_approve(ledger: Ledger) -> None:
    one, two, three = person("One"), person("Two"), person("Three")
    approval = ask(person("Rita"), stage(one, two, three, needed=2))
    assert answer(approval, one).is_pending
    assert ledger.heard == []
    assert answer(approval, three).state == Approval.State.APPROVED


def test_stages_are_asked_one_after_the_other(ledger: Ledger) -> None:
    olaf, dora = person("Olaf"), person("Dora")
    approval = ask(person("Rita"), stage(olaf), stage(dora, name="Privacy"))
    with pytest.raises(Forbidden):
        answer(approval, dora)
    answer(approval, olaf)
    assert not selectors.may_decide(olaf, approval, AT)
    assert answer(approval, dora).state == Approval.State.APPROVED


def test_one_denial_ends_it(ledger: Ledger) -> None:
    one, two = person("One"), person("Two")
    approval = answer(ask(person("Rita"), stage(one, two, needed=2)), one, "deny", note="Too much")
    assert approval.state == Approval.State.DENIED
    assert ledger.heard[0][1:3] == ("denied", False)
    with pytest.raises(Conflict) as caught:
        answer(approval, two)
    assert "One denied it" in caught.value.detail


def test_the_requester_does_not_decide(ledger: Ledger) -> None:
    rita = person("Rita", Role.ADMIN)
    with pytest.raises(Forbidden):
        answer(ask(rita, stage(rita)), rita)


def test_the_beneficiary_does_not_decide(ledger: Ledger) -> None:
    rita, ben = person("Rita"), person("Ben")
    with pytest.raises(Forbidden):
        answer(ask(rita, stage(ben), beneficiary=ben), ben)


def test_who_answers_for_the_machine_that_gains_does_not_decide(ledger: Ledger) -> None:
    olga = person("Olga")
    loader = machine("loader", olga)
    with pytest.raises(Forbidden):
        answer(ask(person("Rita"), stage(olga), beneficiary=loader), olga)


def test_whoever_is_not_on_the_route_does_not_decide(ledger: Ledger) -> None:
    with pytest.raises(Forbidden):
        answer(ask(person("Rita"), stage(person("Olaf"))), person("Eve", Role.ADMIN))


def test_nobody_answers_twice_in_a_stage(ledger: Ledger) -> None:
    one, two = person("One"), person("Two")
    approval = ask(person("Rita"), stage(one, two, needed=2))
    answer(approval, one)
    with pytest.raises(Conflict):
        answer(approval, one)


def test_a_decision_names_the_version_that_was_seen(ledger: Ledger) -> None:
    one, two = person("One"), person("Two")
    approval = ask(person("Rita"), stage(one, two, needed=2))
    seen = approval.version
    answer(approval, one)
    with pytest.raises(Stale) as caught:
        answer(approval, two, version=seen)
    assert "One approved it" in caught.value.detail
    assert Verdict.objects.count() == 1


def test_a_denial_says_why_and_has_no_terms(ledger: Ledger) -> None:
    olaf = person("Olaf")
    approval = ask(person("Rita"), stage(olaf))
    for more in ({"note": " "}, {"note": "no", "terms": {"until": "x"}}):
        with pytest.raises(Invalid):
            answer(approval, olaf, "deny", **more)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        answer(approval, olaf, "maybe")


def test_terms_add_up_and_what_an_earlier_reviewer_set_stands(ledger: Ledger) -> None:
    one, two = person("One"), person("Two")
    approval = ask(person("Rita"), stage(one, two, needed=2))
    answer(approval, one, terms={"until": "2026-07-01", "items": {"a": {"columns": ["x"]}}})
    with pytest.raises(Refused) as caught:
        answer(approval, two, terms={"until": "2027-01-01"})
    assert "terms.until" in caught.value.fields
    answer(approval, two, terms={"items": {"a": {"filter": "eu"}}})
    assert ledger.heard[0][3] == {
        "until": "2026-07-01",
        "items": {"a": {"columns": ["x"], "filter": "eu"}},
    }


@pytest.mark.parametrize("moment", ["recheck", "decided"])
def test_what_the_kind_refuses_leaves_no_trace(ledger: Ledger, moment: str) -> None:
    olaf = person("Olaf")
    approval = ask(person("Rita"), stage(olaf))
    ledger.refuse = moment
    entries = Entry.objects.count()
    with pytest.raises(Refused):
        answer(approval, olaf)
    approval.refresh_from_db()
    assert approval.is_pending
    assert not Verdict.objects.exists()
    assert Entry.objects.count() == entries


def test_a_denial_needs_no_recheck(ledger: Ledger) -> None:
    olaf = person("Olaf")
    ledger.refuse = "recheck"
    denied = answer(ask(person("Rita"), stage(olaf)), olaf, "deny")
    assert denied.state == Approval.State.DENIED


def test_no_answer_in_time_is_a_no_and_never_a_yes(ledger: Ledger) -> None:
    one, two = person("One"), person("Two")
    approval = ask(person("Rita"), stage(one, two, needed=2))
    answer(approval, one)
    late = approval.deadline
    with pytest.raises(Conflict):
        answer(approval, two, at=late)
    assert services.expire_overdue(at=late - timedelta(seconds=1), actor=TESTS) == []
    assert services.expire_overdue(at=late, actor=TESTS) == [approval]
    approval.refresh_from_db()
    assert approval.state == Approval.State.EXPIRED
    assert ledger.heard == [(approval.title, "expired", False, {})]
    assert services.expire_overdue(at=late, actor=TESTS) == []


def test_one_that_cannot_be_closed_does_not_keep_the_others_open(ledger: Ledger) -> None:
    olaf = person("Olaf")
    stubborn = ask(person("Rita"), stage(olaf), title="stubborn")
    other = ask(person("Rolf"), stage(olaf), title="other")
    decided = ledger.decided

    def refuse_one(approval: Approval, *rest: object) -> None:
        if approval == stubborn:
            raise Refused("Not this one.")
        decided(approval, *rest)  # type: ignore[arg-type]

    ledger.decided = refuse_one  # type: ignore[method-assign]
    assert services.expire_overdue(at=stubborn.deadline, actor=TESTS) == [other]
    stubborn.refresh_from_db()
    assert stubborn.is_pending


def test_only_the_requester_withdraws_and_only_while_it_is_pending(ledger: Ledger) -> None:
    rita, olaf = person("Rita"), person("Olaf")
    approval = ask(rita, stage(olaf))
    with pytest.raises(Forbidden):
        services.withdraw(approval=approval, at=AT, actor=olaf)
    withdrawn = services.withdraw(approval=approval, at=AT, actor=rita)
    assert withdrawn.state == Approval.State.WITHDRAWN
    assert ledger.heard == [(approval.title, "withdrawn", False, {})]
    with pytest.raises(Conflict):
        services.withdraw(approval=approval, at=AT, actor=rita)
    with pytest.raises(Conflict) as caught:
        answer(approval, olaf)
    assert "Rita withdrew it" in caught.value.detail


def test_holders_of_a_role_are_those_of_the_day_of_the_decision(ledger: Ledger) -> None:
    finance = domain("finance")
    before, after = person("Before", Role.OWNER, domain=finance), person("After")
    approval = ask(person("Rita"), stage(ReviewerSpec(role=Role.OWNER), needed=1), domain=finance)
    identity.withdraw_role(assignment=before.assignments.get(), actor=TESTS)
    identity.assign_role(role=Role.OWNER, domain=finance, to=after, actor=TESTS)
    with pytest.raises(Forbidden):
        answer(approval, before)
    assert answer(approval, after).state == Approval.State.APPROVED


def test_an_owner_of_another_domain_is_not_on_the_route(ledger: Ledger) -> None:
    finance = domain("finance")
    person("Here", Role.OWNER, domain=finance)
    elsewhere = person("Elsewhere", Role.OWNER, domain=domain("sales"))
    approval = ask(person("Rita"), stage(ReviewerSpec(role=Role.OWNER)), domain=finance)
    with pytest.raises(Forbidden):
        answer(approval, elsewhere)


def test_a_team_decides_by_whoever_is_in_it(ledger: Ledger) -> None:
    tess, gone = person("Tess"), person("Gone")
    board = team("board", tess, gone)
    approval = ask(person("Rita"), stage(ReviewerSpec(team=board)))
    identity.remove_from_team(user=gone, team=board, actor=TESTS)
    with pytest.raises(Forbidden):
        answer(approval, gone)
    assert answer(approval, tess).state == Approval.State.APPROVED


def test_when_nobody_is_left_administrators_are_asked(ledger: Ledger) -> None:
    ada = person("Ada", Role.ADMIN)
    olaf = person("Olaf")
    approval = ask(person("Rita"), stage(olaf))
    with pytest.raises(Forbidden):
        answer(approval, ada)
    identity.deactivate_user(user=olaf, actor=TESTS)
    changed = services.look_at_routes(at=AT, actor=TESTS)
    assert [one.approval for one in changed] == [approval]
    assert list(selectors.inbox(ada, AT)) == [approval]
    assert [one.approval for one in selectors.escalated()] == [approval]
    assert answer(approval, ada).state == Approval.State.APPROVED


def test_when_too_few_are_left_to_pass_administrators_are_asked_as_well(ledger: Ledger) -> None:
    ada = person("Ada", Role.ADMIN)
    one = person("One")
    approval = ask(person("Rita"), stage(one, needed=2))
    answer(approval, one)
    assert answer(approval, ada).state == Approval.State.APPROVED


def test_an_administrator_who_asks_does_not_decide_when_nobody_is_left(ledger: Ledger) -> None:
    ada = person("Ada", Role.ADMIN)
    approval = ask(ada, stage(ada))
    assert approval.stages.get().escalated_at is not None
    with pytest.raises(Forbidden):
        answer(approval, ada)
    assert selectors.may_decide(person("Bea", Role.ADMIN), approval, AT)


def test_a_route_that_is_covered_again_is_no_longer_escalated(ledger: Ledger) -> None:
    finance = domain("finance")
    approval = ask(person("Rita"), stage(ReviewerSpec(role=Role.OWNER)), domain=finance)
    assert selectors.escalated().count() == 1
    person("Olaf", Role.OWNER, domain=finance)
    services.look_at_routes(at=AT, actor=TESTS)
    assert selectors.escalated().count() == 0
    assert services.look_at_routes(at=AT, actor=TESTS) == []
    assert approval.is_pending


def test_a_route_needs_stages_and_reviewers(ledger: Ledger) -> None:
    with pytest.raises(Invalid):
        ask(person("Rita"))
    with pytest.raises(Invalid):
        ask(person("Rolf"), stage())
    with pytest.raises(Invalid):
        ask(person("Rosa"), stage(person("Olaf"), needed=0))
    with pytest.raises(ValueError, match="a person, a team or a role"):
        ReviewerSpec(user=person("A"), role=Role.OWNER)


def test_a_kind_that_nobody_carries_out_cannot_be_opened(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        services.open_approval(
            kind="tests.unknown",
            subject="dataset:a/b.c",
            title="x",
            requested_by=person("Rita"),
            stages=[stage(person("Olaf"))],
            deadline=AT,
            domain=None,
            context={},
            actor=TESTS,
        )
