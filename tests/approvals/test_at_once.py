"""Many people deciding the same thing at the same instant: exactly one wins, all are told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.approvals import services
from apps.approvals.models import Approval, Verdict
from apps.audit.models import Entry
from apps.core.errors import Conflict, Problem, Stale
from tests.approvals.conftest import AT, Ledger, answer, ask, stage
from tests.people import TESTS, person

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 50


def all_at_once(doings: list[Callable[[], object]]) -> list[object]:
    """Do all of these at the same time; what each returned or raised."""
    barrier = Barrier(len(doings))

    def run(doing: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=60)
            return doing()
        except Problem as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(run, doings))


def decisions() -> int:
    """How many decisions the book holds."""
    return sum(
        '"approvals.decide"' in body for body in Entry.objects.values_list("body", flat=True)
    )


def test_of_fifty_reviewers_deciding_at_once_exactly_one_wins(ledger: Ledger) -> None:
    reviewers = [person(f"Reviewer {n}") for n in range(CLIENTS)]
    approval = ask(person("Rita"), stage(*reviewers))

    def decide(n: int) -> Callable[[], object]:
        verb = "approve" if n % 2 else "deny"
        return lambda: answer(approval, reviewers[n], verb, version=1)

    results = all_at_once([decide(n) for n in range(CLIENTS)])
    won = [result for result in results if isinstance(result, Approval)]
    lost = [result for result in results if isinstance(result, Conflict)]
    assert (len(won), len(lost)) == (1, CLIENTS - 1)
    winner = Verdict.objects.get().by.name
    assert all(winner in problem.detail for problem in lost)
    assert decisions() == 1
    assert len(ledger.heard) == 1


def test_fifty_requests_of_one_reviewer_are_one_answer(ledger: Ledger) -> None:
    olaf, other = person("Olaf"), person("Other")
    approval = ask(person("Rita"), stage(olaf, other, needed=2))
    results = all_at_once([lambda: answer(approval, olaf, version=1)] * CLIENTS)
    assert sum(isinstance(result, Approval) for result in results) == 1
    assert sum(isinstance(result, Conflict | Stale) for result in results) == CLIENTS - 1
    assert Verdict.objects.count() == 1


def test_of_reviewers_who_all_saw_the_same_version_one_is_taken_at_a_time(ledger: Ledger) -> None:
    reviewers = [person(f"Reviewer {n}") for n in range(10)]
    approval = ask(person("Rita"), stage(*reviewers, needed=3))
    results = all_at_once(
        [lambda one=one: answer(approval, one, version=1) for one in reviewers]  # type: ignore[misc]
    )
    stale = [result for result in results if isinstance(result, Stale)]
    assert len(stale) == len(reviewers) - 1
    assert Verdict.objects.get().by.name in stale[0].detail


def test_withdrawing_deciding_and_expiring_at_once_ends_it_once(ledger: Ledger) -> None:
    rita, olaf = person("Rita"), person("Olaf")
    for _ in range(5):
        approval = ask(rita, stage(olaf))
        late = approval.deadline
        all_at_once(
            [
                lambda a=approval: answer(a, olaf, version=1),  # type: ignore[misc]
                lambda a=approval: services.withdraw(approval=a, at=AT, actor=rita),  # type: ignore[misc]
                lambda: services.expire_overdue(at=late, actor=TESTS),  # noqa: B023
            ]
        )
    assert len(ledger.heard) == 5
    assert not Approval.objects.filter(state=Approval.State.PENDING).exists()
