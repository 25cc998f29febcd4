"""Findings are opened and closed by measurement, and by nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Entry
from apps.findings.models import Finding
from apps.identity.permissions import Role
from tests.findings.conftest import AT, measure, seen
from tests.people import domain, person

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


def test_what_is_new_is_opened_and_what_is_gone_is_closed() -> None:
    first = measure(seen("a"), seen("b"))
    assert [finding.title for finding in first.opened] == [
        "a can be read by everybody",
        "b can be read by everybody",
    ]
    second = measure(seen("b"), at=LATER)
    assert [finding.subject for finding in second.closed] == ["dataset:warehouse/sales.a"]
    assert second.still_open == 1
    a, b = Finding.objects.order_by("id")
    assert (a.state, a.closed_at) == ("closed", LATER)
    assert (b.state, b.opened_at, b.last_seen_at) == ("open", AT, LATER)


def test_what_comes_back_is_the_same_finding_opened_again() -> None:
    measure(seen("a"))
    measure(at=LATER)
    again = measure(seen("a"), at=LATER + timedelta(hours=1))
    found = Finding.objects.get()
    assert again.reopened == (found,)
    assert (found.times_opened, found.closed_at) == (2, None)
    assert found.opened_at == LATER + timedelta(hours=1)


def test_another_scope_is_left_alone() -> None:
    measure(seen("a"), scope="source:one")
    measure(seen("a"), scope="source:two")
    measure(scope="source:one", at=LATER)
    assert {f.scope: f.state for f in Finding.objects.all()} == {
        "source:one": "closed",
        "source:two": "open",
    }


def test_the_same_thing_seen_twice_in_a_look_is_one_finding() -> None:
    assert len(measure(seen("a"), seen("a")).opened) == 1


def test_what_is_said_of_it_follows_the_last_look() -> None:
    measure(seen("a", severity="low"))
    measure(seen("a", severity="critical", text="Now a superuser, too."), at=LATER)
    found = Finding.objects.get()
    assert (found.severity, found.text, found.opened_at) == (
        "critical",
        "Now a superuser, too.",
        AT,
    )


def test_opening_closing_and_opening_again_are_in_the_book_and_seeing_again_is_not() -> None:
    for observed in ([seen("a")], [seen("a")], [], [seen("a")]):
        measure(*observed)
    actions = Entry.objects.filter(action__startswith="findings.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "findings.open_finding",
        "findings.close_finding",
        "findings.reopen_finding",
    ]


def test_a_look_at_a_thousand_unchanged_findings_costs_a_handful_of_queries() -> None:
    many = [seen(f"t{n}") for n in range(1000)]
    measure(*many)
    with CaptureQueriesContext(connection) as queries:
        measure(*many, at=LATER)
    assert len(queries) <= 6
    assert Finding.objects.filter(last_seen_at=LATER).count() == 1000


def test_a_finding_is_seen_where_one_looks_after_the_data() -> None:
    from apps.findings import selectors

    finance, sales = domain("finance"), domain("sales")
    measure(seen("f", domain=finance), seen("s", domain=sales), seen("nowhere"))
    sam = person("Sam", Role.STEWARD, domain=finance)
    assert [f.domain for f in selectors.visible_to(sam)] == [finance]
    assert selectors.visible_to(person("Eve", Role.STEWARD)).count() == 3
    assert not selectors.visible_to(person("Mia", Role.MEMBER)).exists()
    assert selectors.open_by_severity(sam) == {"high": 1}


@pytest.mark.django_db(transaction=True)
def test_looks_at_the_same_time_wait_for_each_other() -> None:
    barrier = Barrier(8)

    def look(n: int) -> int:
        barrier.wait(timeout=30)
        try:
            return len(measure(seen("a"), seen("b"), at=AT + timedelta(seconds=n)).opened)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(look, range(8)))
    assert sum(opened) == 2
    assert Finding.objects.count() == 2
