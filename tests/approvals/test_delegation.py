"""Seats lent for a while: in whose place, for how long, and never for oneself."""

from datetime import timedelta

import pytest

from apps.approvals import selectors, services
from apps.approvals.models import Approval, Delegation, Verdict
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.identity import services as identity
from apps.identity.models import User
from tests.approvals.conftest import AT, KIND, Ledger, answer, ask, stage
from tests.people import TESTS, domain, machine, person

pytestmark = pytest.mark.django_db


def lend(giver: User, taker: User, days: int = 7, **more: object) -> Delegation:
    """Lend the giver's seat from now on."""
    terms = {
        "valid_from": AT,
        "until": AT + timedelta(days=days),
        "reason": "Holiday",
        "at": AT,
        "actor": giver,
    }
    return services.delegate(giver=giver, taker=taker, **(terms | more))  # type: ignore[arg-type]


def test_the_taker_answers_in_the_givers_place(ledger: Ledger) -> None:
    olaf, dora = person("Olaf"), person("Dora")
    approval = ask(person("Rita"), stage(olaf))
    assert not selectors.may_decide(dora, approval, AT)
    lend(olaf, dora)
    assert list(selectors.inbox(dora, AT)) == [approval]
    assert answer(approval, dora).state == Approval.State.APPROVED
    verdict = Verdict.objects.get()
    assert (verdict.by, verdict.on_behalf_of) == (dora, olaf)


def test_a_seat_is_lent_only_for_its_time(ledger: Ledger) -> None:
    olaf, dora = person("Olaf"), person("Dora")
    approval = ask(person("Rita"), stage(olaf), deadline=AT + timedelta(days=30))
    lend(olaf, dora, valid_from=AT + timedelta(days=1), until=AT + timedelta(days=2))
    for at, may in ((0, False), (1, True), (2, False)):
        when = AT + timedelta(days=at)
        assert selectors.may_decide(dora, approval, when) is may
        assert selectors.inbox(dora, when).exists() is may


def test_a_lent_seat_is_not_lent_on(ledger: Ledger) -> None:
    olaf, dora, carl = person("Olaf"), person("Dora"), person("Carl")
    approval = ask(person("Rita"), stage(olaf))
    lend(olaf, dora)
    lend(dora, carl)
    assert not selectors.inbox(carl, AT).exists()
    with pytest.raises(Forbidden):
        answer(approval, carl)


def test_the_requester_does_not_decide_in_anothers_place(ledger: Ledger) -> None:
    rita, olaf = person("Rita"), person("Olaf")
    approval = ask(rita, stage(olaf))
    lend(olaf, rita)
    assert not selectors.inbox(rita, AT).exists()
    with pytest.raises(Forbidden):
        answer(approval, rita)


def test_the_beneficiary_does_not_decide_in_anothers_place(ledger: Ledger) -> None:
    ben, olaf = person("Ben"), person("Olaf")
    approval = ask(person("Rita"), stage(olaf), beneficiary=ben)
    lend(olaf, ben)
    assert not selectors.inbox(ben, AT).exists()
    with pytest.raises(Forbidden):
        answer(approval, ben)


def test_nobody_decides_in_the_requesters_place(ledger: Ledger) -> None:
    rita, olaf, dora = person("Rita"), person("Olaf"), person("Dora")
    approval = ask(rita, stage(rita, olaf))
    lend(rita, dora)
    assert not selectors.inbox(dora, AT).exists()
    with pytest.raises(Forbidden):
        answer(approval, dora)


def test_giver_and_taker_are_one_voice(ledger: Ledger) -> None:
    olaf, dora, third = person("Olaf"), person("Dora"), person("Third")
    approval = ask(person("Rita"), stage(olaf, third, needed=2))
    lend(olaf, dora)
    answer(approval, dora)
    with pytest.raises(Conflict):
        answer(approval, olaf)
    assert not selectors.inbox(olaf, AT).exists()


def test_the_giver_who_has_answered_leaves_no_seat_to_lend(ledger: Ledger) -> None:
    olaf, dora, third = person("Olaf"), person("Dora"), person("Third")
    approval = ask(person("Rita"), stage(olaf, third, needed=2))
    lend(olaf, dora)
    answer(approval, olaf)
    assert not selectors.inbox(dora, AT).exists()
    with pytest.raises(Forbidden):
        answer(approval, dora)


def test_one_person_with_two_seats_speaks_once(ledger: Ledger) -> None:
    olaf, dora = person("Olaf"), person("Dora")
    approval = ask(person("Rita"), stage(olaf, dora, needed=2))
    lend(olaf, dora)
    answer(approval, dora)
    assert Verdict.objects.get().on_behalf_of is None
    with pytest.raises(Conflict):
        answer(approval, dora)
    assert not selectors.inbox(dora, AT).exists()


def test_a_seat_taken_back_is_gone(ledger: Ledger) -> None:
    olaf, dora = person("Olaf"), person("Dora")
    approval = ask(person("Rita"), stage(olaf))
    delegation = lend(olaf, dora)
    with pytest.raises(Forbidden):
        services.end_delegation(delegation=delegation, at=AT, actor=dora)
    services.end_delegation(delegation=delegation, at=AT, actor=olaf)
    with pytest.raises(Conflict):
        services.end_delegation(delegation=delegation, at=AT, actor=olaf)
    with pytest.raises(Forbidden):
        answer(approval, dora)


def test_who_was_deactivated_lends_nothing(ledger: Ledger) -> None:
    olaf, dora, third = person("Olaf"), person("Dora"), person("Third")
    approval = ask(person("Rita"), stage(olaf, third))
    lend(olaf, dora)
    identity.deactivate_user(user=olaf, actor=TESTS)
    assert not selectors.may_decide(dora, approval, AT)
    assert not selectors.inbox(dora, AT).exists()


def test_only_ones_own_seat_can_be_lent() -> None:
    olaf, dora = person("Olaf"), person("Dora")
    with pytest.raises(Forbidden):
        lend(olaf, dora, actor=dora)


@pytest.mark.parametrize(
    "change",
    [
        {"until": AT},
        {"until": AT + timedelta(days=91)},
        {"reason": "  "},
        {"valid_from": AT - timedelta(days=2), "until": AT - timedelta(days=1)},
    ],
)
def test_impossible_terms_are_invalid(change: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        lend(person("Olaf"), person("Dora"), **change)


def test_a_seat_is_lent_to_another_person_who_is_here() -> None:
    olaf = person("Olaf")
    gone = identity.deactivate_user(user=person("Gone"), actor=TESTS)
    for taker in (olaf, gone, machine("loader", olaf)):
        with pytest.raises(Invalid):
            lend(olaf, taker)


def test_a_seat_is_not_lent_twice_to_the_same_person_at_a_time() -> None:
    olaf, dora = person("Olaf"), person("Dora")
    lend(olaf, dora)
    with pytest.raises(Conflict):
        lend(olaf, dora)
    lend(olaf, person("Carl"))


def test_a_seat_lent_for_one_domain_is_lent_there_alone(ledger: Ledger) -> None:
    olaf, dora = person("Olaf"), person("Dora")
    sales, stock = domain("sales"), domain("stock")
    within = ask(person("Rita"), stage(olaf), domain=sales)
    beyond = ask(person("Rolf"), stage(olaf), domain=stock)
    nowhere = ask(person("Rosa"), stage(olaf))
    lend(olaf, dora, domain=sales)
    assert list(selectors.inbox(dora, AT)) == [within]
    for other in (beyond, nowhere):
        with pytest.raises(Forbidden):
            answer(other, dora)
    answer(within, dora)


def test_a_seat_lent_for_one_kind_is_lent_for_it_alone(ledger: Ledger) -> None:
    olaf, dora = person("Olaf"), person("Dora")
    approval = ask(person("Rita"), stage(olaf))
    lend(olaf, dora, kind="access.request")
    assert not selectors.inbox(dora, AT).exists()
    with pytest.raises(Forbidden):
        answer(approval, dora)
    lend(olaf, dora, kind=KIND)
    answer(approval, dora)


def test_an_unknown_kind_is_lent_to_nobody() -> None:
    with pytest.raises(Invalid):
        lend(person("Olaf"), person("Dora"), kind="nonsense")


def test_as_much_is_lent_to_the_same_person_once(ledger: Ledger) -> None:
    olaf, dora, sales = person("Olaf"), person("Dora"), domain("sales")
    lend(olaf, dora, domain=sales)
    with pytest.raises(Conflict):
        lend(olaf, dora, domain=sales, kind=KIND)
    lend(olaf, dora, domain=domain("stock"))
    lend(olaf, dora)
    with pytest.raises(Conflict):
        lend(olaf, dora, kind=KIND)


def test_what_is_passed_on_is_what_the_taker_can_answer_then(ledger: Ledger) -> None:
    olaf, dora, sales = person("Olaf"), person("Dora"), domain("sales")
    within = ask(person("Rita"), stage(olaf), domain=sales)
    ask(dora, stage(olaf), domain=sales)
    ask(person("Rolf"), stage(olaf))
    assert list(selectors.passed_on(olaf, dora, sales.pk, "", AT)) == [within]
    assert selectors.passed_on(olaf, None, None, KIND, AT).count() == 3
    assert not selectors.passed_on(olaf, dora, None, "access.request", AT).exists()
