"""Each stage says who has answered, who is still asked, and who stands in for them."""

from datetime import timedelta

import pytest

from apps.approvals import services
from apps.approvals.selectors.panel import Panel, panels_of
from apps.identity.permissions import Role
from tests.approvals.conftest import AT, Ledger, answer, ask, stage
from tests.approvals.test_delegation import lend
from tests.people import TESTS, person

pytestmark = pytest.mark.django_db


def names(panel: Panel) -> list[str]:
    return [one.name for one in panel.asked]


def test_of_two_needed_one_has_answered_and_the_others_are_asked(ledger: Ledger) -> None:
    ann, bea, cid, dan = (person(name) for name in ("Ann", "Bea", "Cid", "Dan"))
    approval = ask(person("Rita"), stage(ann, bea, cid, needed=2), stage(dan, name="Steward"))
    answer(approval, bea, note="Fine.")
    approval.refresh_from_db()
    first, second = panels_of(approval, cid, AT)
    assert (first.given, first.needed, first.is_open) == (1, 2, True)
    assert [one.by for one in first.verdicts] == [bea]
    assert names(first) == ["Cid", "Ann"], "oneself first"
    assert first.asked[0].you
    assert (names(second), second.is_open) == (["Dan"], False)
    answer(approval, ann)
    approval.refresh_from_db()
    first, second = panels_of(approval, dan, AT)
    assert (first.has_passed, first.asked, second.is_open) == (True, (), True)


def test_who_stands_in_is_named_beside_whom(ledger: Ledger) -> None:
    ann, bea, cid = person("Ann"), person("Bea"), person("Cid")
    approval = ask(person("Rita"), stage(ann, bea, needed=2))
    lend(ann, cid)
    lend(ann, bea)
    (panel,) = panels_of(approval, bea, AT)
    assert {one.name: one.stand_ins for one in panel.asked} == {"Ann": ("Cid",), "Bea": ()}
    (later,) = panels_of(approval, bea, AT + timedelta(days=8))
    assert {one.stand_ins for one in later.asked} == {()}
    answer(approval, cid)
    approval.refresh_from_db()
    (panel,) = panels_of(approval, bea, AT)
    assert names(panel) == ["Bea"], "Cid has answered for Ann"


def test_where_too_few_are_left_administrators_are_asked_and_it_says_so(ledger: Ledger) -> None:
    ann, root = person("Ann"), person("Root", Role.ADMIN)
    approval = ask(person("Rita"), stage(ann, needed=2))
    services.look_at_routes(at=AT, actor=TESTS)
    (panel,) = panels_of(approval, root, AT)
    assert panel.escalated
    assert names(panel) == ["Root", "Ann"]


def test_nobody_is_asked_once_it_is_decided(ledger: Ledger) -> None:
    ann, bea = person("Ann"), person("Bea")
    approval = ask(person("Rita"), stage(ann, bea), stage(bea, name="Steward"))
    approval = answer(approval, ann, "deny")
    assert [panel.asked for panel in panels_of(approval, bea, AT)] == [(), ()]
    overdue = ask(person("Rolf"), stage(ann))
    services.expire_overdue(at=overdue.deadline, actor=TESTS)
    overdue.refresh_from_db()
    assert panels_of(overdue, ann, AT)[0].asked == ()
