"""Two people decide the same request at once: one wins, the other is told on the page."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from apps.access.models import Grant, Purpose
from apps.approvals import services
from apps.approvals.models import Approval, Verdict
from apps.identity.models import User
from tests import people
from tests.home.conftest import ask
from tests.home.test_inbox_pages import client_of
from tests.pages import SignIn
from tests.policies.conftest import Company

pytestmark = pytest.mark.django_db(transaction=True)


def stand_in(company: Company) -> tuple[User, User]:
    """The owner of the orders, and a colleague to whom the owner lent the seat."""
    owner, now = company.orders.owner, timezone.now()
    assert owner is not None
    colleague = people.person("Carl Colleague", "owner")
    services.delegate(
        giver=owner,
        taker=colleague,
        valid_from=now,
        until=now + timedelta(days=2),
        reason="Holiday",
        at=now,
        actor=people.fresh(owner),
    )
    return owner, colleague


def test_of_two_who_answer_at_once_one_wins_and_the_other_reads_who(
    asking: Company, purpose: Purpose
) -> None:
    asked = ask(asking, purpose)
    owner, colleague = stand_in(asking)
    path = f"/inbox/{asked.approval}/decide"
    barrier = Barrier(2)

    def send(one: tuple[Client, str]) -> HttpResponse:
        browser, word = one
        try:
            barrier.wait(timeout=60)
            form = {"answer": word, "version": "1", "note": f"I say {word}."}
            return browser.post(path, form)  # type: ignore[return-value]
        finally:
            connection.close()

    doing = [(client_of(owner), "approve"), (client_of(colleague), "deny")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, doing))
    assert sorted(one.status_code for one in answers) == [302, 409]
    lost = next(one for one in answers if one.status_code == 409)
    page = " ".join(lost.content.decode().split())
    won = Verdict.objects.get(stage__approval__uuid=asked.approval)
    done = "approved" if won.answer == "approve" else "denied"
    other = "deny" if won.answer == "approve" else "approve"
    assert "Somebody was before you; your answer was not taken" in page
    assert f"{won.by.name} {done} it at {won.at:%Y-%m-%d %H:%M} UTC." in page
    assert f"“I say {won.answer}.”" in page
    assert f"You wrote: “I say {other}.”" in page
    assert 'name="answer"' not in page
    assert Grant.objects.count() == (won.answer == "approve")


@pytest.mark.browser
def test_in_two_browsers_the_later_sees_who_was_first(
    asking: Company,
    purpose: Purpose,
    browser: Browser,
    live_server: LiveServer,
    sign_in: SignIn,
) -> None:
    asked = ask(asking, purpose)
    owner, colleague = stand_in(asking)
    windows = [browser.new_context(base_url=live_server.url) for _ in range(2)]
    first, later = (window.new_page() for window in windows)
    for page, user in ((first, owner), (later, colleague)):
        sign_in(page, user)
        page.goto(f"/inbox/{asked.approval}")
    expect(later.get_by_text("You answer in the place of Olga Owner.")).to_be_visible()
    first.get_by_role("textbox", name="Note").fill("Too much.")
    first.get_by_role("button", name="Deny").click()
    expect(first.get_by_text("is told why")).to_be_visible()
    later.get_by_role("button", name="Approve, 60 days").click()
    expect(later.get_by_text("Somebody was before you")).to_be_visible()
    expect(later.get_by_text("Olga Owner denied it at")).to_be_visible()
    expect(later.get_by_text("“Too much.”")).to_be_visible()
    expect(later.get_by_role("button", name="Approve")).to_have_count(0)
    assert Approval.objects.get(uuid=asked.approval).state == Approval.State.DENIED
    for window in windows:
        window.close()
