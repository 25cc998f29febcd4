"""The trail in a real browser."""

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.audit import services
from apps.core.actors import SystemActor
from apps.identity.permissions import Role
from tests.pages import CheckPage, SignIn, TakePicture
from tests.people import person

ACTOR = SystemActor("access.expiry")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_an_auditor_reads_narrows_and_takes_the_book_away(
    page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    auditor = person("Ingrid Solberg", Role.AUDITOR)
    elena = person("Elena Varga", Role.STEWARD)
    with transaction.atomic():
        for number in range(12, 16):
            services.record(
                action="access.submit_request",
                subject=f"request:REQ-{number}",
                actor=elena,
                detail={"purpose": "reconciliation", "ticket": f"FIN-{3100 + number}"},
            )
        services.record(
            action="enforcement.find_drift",
            subject="system:warehouse",
            actor=SystemActor("enforcement"),
            detail={"dataset": "sales.customers", "reader": "t.nowak"},
        )
        services.record(
            action="access.end_grant",
            subject="grant:G-12",
            actor=ACTOR,
            detail={"reason": "expired"},
            before={"state": "in force", "until": "2026-11-24T15:00:00Z"},
            after={"state": "ended", "until": "2026-11-24T15:00:00Z", "reason": "expired"},
        )
        services.record(
            action="enforcement.prove",
            subject="grant:G-12",
            actor=SystemActor("enforcement"),
            detail={"answer": "permission denied for table customers", "agrees": True},
        )
    services.checkpoint(at=timezone.now(), actor=ACTOR)
    sign_in(page, auditor)
    page.goto("/audit")
    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="ended grant").click()
    expect(page.get_by_role("heading", name="ended grant")).to_be_visible()
    screenshot(page, "audit")
    axe(page)
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("With or without").select_option("out")
    page.get_by_label("What the filter is about").select_option("who")
    page.get_by_label("Value, or its beginning and a *").fill("user:*")
    axe(page)
    page.get_by_role("button", name="Add this filter").click()
    expect(page.get_by_text("Elena Varga submitted")).to_have_count(0)
    expect(page.get_by_role("link", name="who user:*")).to_be_visible()
    page.get_by_role("link", name="Export ", exact=False).first.click()
    expect(page.get_by_role("heading", name="Export")).to_be_visible()
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename.endswith(".jsonl")


def test_opening_an_entry_keeps_the_place_in_the_list(page: Page, sign_in: SignIn) -> None:
    with transaction.atomic():
        for number in range(48):
            services.record(action="access.end_grant", subject=f"grant:G-{number}", actor=ACTOR)
    sign_in(page, person("Ingrid Solberg", Role.AUDITOR))
    page.goto("/audit")
    page.get_by_role("link", name="G-10").scroll_into_view_if_needed()
    before = page.evaluate("window.scrollY")
    page.get_by_role("link", name="G-10").click()
    expect(page.locator("#entry h2")).to_contain_text("G-10")
    expect(page.locator(".s-events [aria-current=true]")).to_contain_text("G-10")
    assert before > 500
    assert abs(page.evaluate("window.scrollY") - before) < 50
    page.get_by_role("link", name="Older entry").click()
    expect(page.locator("#entry h2")).to_contain_text("G-9")
    page.go_back()
    expect(page.locator("#entry h2")).to_contain_text("G-10")


def test_an_operator_looks_at_jobs(
    page: Page, sign_in: SignIn, axe: CheckPage, screenshot: TakePicture
) -> None:
    from apps.jobs.models import Job

    Job.objects.create(
        name="enforcement.reconcile",
        key="warehouse",
        max_attempts=8,
        attempts=8,
        state="quarantined",
        error="The database did not answer.",
        enqueued_by="system:sweep",
    )
    Job.objects.create(
        name="catalog.scan",
        key="lake",
        max_attempts=3,
        attempts=1,
        state="running",
        claimed_by="w",
        lease_until=timezone.now(),
        done=40,
        total=100,
        enqueued_by="user:a@b.c",
    )
    sign_in(page, person("Olga Ivanova", Role.OPERATOR))
    page.goto("/jobs")
    expect(page.get_by_text("The database did not answer.")).to_be_visible()
    screenshot(page, "jobs")
    axe(page)
