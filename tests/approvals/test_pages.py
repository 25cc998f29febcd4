"""The page of delegations: who stands in for whom, what that does, and taking it back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.approvals import selectors, services
from apps.approvals.models import Delegation
from apps.identity.models import User
from apps.identity.permissions import Role
from tests.approvals.conftest import KIND, Ledger, answer, ask, stage
from tests.people import domain, fresh, person

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    """A browser in which this person is signed in."""
    browser = Client()
    browser.force_login(fresh(user))
    return browser


def text(client: Client, path: str = "/delegations") -> str:
    answered = client.get(path)
    assert answered.status_code == 200
    return " ".join(answered.content.decode().split())


def form(taker: User, /, **more: str) -> dict[str, str]:
    """What the page sends to lend a seat for the coming days."""
    today = timezone.localdate()
    return {
        "taker": str(taker.uuid),
        "valid_from": today.isoformat(),
        "until": (today + timedelta(days=3)).isoformat(),
        "domain": "",
        "kind": "",
        "reason": "Holiday",
    } | more


def owner(name: str) -> User:
    return person(name, Role.OWNER)


def test_a_seat_is_lent_and_both_see_it(ledger: Ledger) -> None:
    olga, carl = owner("Olga"), owner("Carl")
    now = timezone.now()
    ask(person("Rita"), stage(olga), deadline=now + timedelta(days=2), title="Rita wants orders")
    assert client_of(olga).post("/delegations/new", form(carl)).status_code == 302
    shown = text(client_of(olga))
    assert "They stand in for you" in shown
    assert "1 waits now" in shown
    assert "1 waits in your inbox" in text(client_of(carl))
    lent = Delegation.objects.get()
    assert lent.valid_from <= timezone.now()
    last_day = timezone.localdate() + timedelta(days=3)
    assert timezone.localtime(lent.until - timedelta(seconds=1)).date() == last_day
    assert selectors.reviewable_by(carl).count() == 1


def test_what_lending_would_do_is_said_before(ledger: Ledger) -> None:
    olga, carl, sales = owner("Olga"), owner("Carl"), domain("sales")
    soon = timezone.now() + timedelta(days=2)
    ask(person("Rita"), stage(olga), deadline=soon, domain=sales, title="Rita wants orders")
    ask(carl, stage(olga), deadline=soon, title="Carl wants orders")
    browser = client_of(olga)
    assert "2 that wait now they could answer" in text(browser)
    shown = text(browser, f"/delegations?taker={carl.uuid}&domain=sales&kind={KIND}")
    assert "1 that waits now they could answer" in shown
    assert "Rita wants orders" in shown
    assert "Carl wants orders" not in shown
    assert "in Sales" in shown


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"reason": " "}, "reason", "required"),
        ({"taker": "x"}, "taker", "valid"),
        ({"until": "2020-01-01"}, "until", "before it begins"),
        ({"until": "2099-01-01"}, "until", "90 days at most"),
        ({"kind": "nonsense"}, "kind", "valid choice"),
        ({"domain": "nowhere"}, "domain", "valid choice"),
        ({"valid_from": "soon"}, "valid_from", "valid date"),
    ],
)
def test_what_cannot_be_lent_is_said_at_its_field(
    changed: dict[str, str], field: str, said: str
) -> None:
    olga, carl = owner("Olga"), owner("Carl")
    answered = client_of(olga).post("/delegations/new", form(carl, **changed))
    page = answered.content.decode()
    assert answered.status_code == 422
    assert said in page.split(f'id="id_{field}_error"')[1][:600]
    assert not Delegation.objects.exists()


def test_a_query_that_makes_no_sense_chooses_nothing() -> None:
    browser = client_of(owner("Olga"))
    for query in ("taker=x&domain=%00&kind=%00", "taker=%00", "until=x"):
        text(browser, f"/delegations?{query}")


def test_only_the_giver_takes_a_seat_back(ledger: Ledger) -> None:
    olga, carl, other = owner("Olga"), owner("Carl"), owner("Other")
    client_of(olga).post("/delegations/new", form(carl))
    path = f"/delegations/{Delegation.objects.get().uuid}/end"
    assert client_of(other).post(path).status_code == 404
    assert client_of(carl).post(path).status_code == 403
    assert client_of(olga).post(path).status_code == 302
    assert "taken back" in text(client_of(olga))
    assert client_of(olga).post(path).status_code == 409


def test_one_that_begins_later_says_when() -> None:
    olga, carl = owner("Olga"), owner("Carl")
    later = (timezone.localdate() + timedelta(days=2)).isoformat()
    client_of(olga).post("/delegations/new", form(carl, valid_from=later))
    assert Delegation.objects.get().valid_from > timezone.now()
    assert "calendar-clock" in text(client_of(olga))


def test_nobody_without_the_right_to_decide_has_the_page() -> None:
    assert client_of(person("Nobody")).get("/delegations").status_code == 403


def test_an_answer_in_anothers_place_leaves_nothing_waiting(ledger: Ledger) -> None:
    olga, carl = owner("Olga"), owner("Carl")
    now = timezone.now()
    approval = ask(person("Rita"), stage(olga), deadline=now + timedelta(days=2))
    services.delegate(
        giver=olga,
        taker=carl,
        valid_from=now,
        until=now + timedelta(days=1),
        reason="Holiday",
        at=now,
        actor=olga,
    )
    answer(approval, carl, at=timezone.now())
    assert "0 wait now" in text(client_of(carl))
