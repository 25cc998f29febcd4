"""The pages of connections, as an operator and as others see them."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from apps.catalog.models import Dataset
from apps.enforcement import services
from apps.enforcement.models import Enforcement, Proof, TakeOver
from apps.enforcement.selectors import proof_page
from apps.identity.models import User
from apps.identity.permissions import Role
from tests.connectors.double import Faults
from tests.enforcement.conftest import ACTOR, AT, World
from tests.people import domain, person


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def operator(world: World) -> Client:
    return signed_in(person("Olga", Role.OPERATOR))


def test_the_cards_say_how_each_connection_is_doing(world: World, operator: Client) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    page = operator.get("/connections").content.decode()
    assert "1 connection" in page
    assert "Healthy" in page
    world.server.faults = Faults(reads_unanswered=frozenset({3}))
    world.reconcile()
    page = operator.get("/connections").content.decode()
    assert "1 needs a look" in page
    assert "the connection broke" in page


def test_a_steward_sees_how_the_systems_are_doing_that_hold_their_data(world: World) -> None:
    sales = domain("sales")
    steward = signed_in(person("Elena", Role.STEWARD, domain=sales))
    assert "No system holds data of yours" in steward.get("/connections").content.decode()
    Dataset.objects.filter(name="t0").update(domain=sales)
    page = steward.get("/connections").content.decode()
    assert "They hold your data" in page
    assert "Warehouse" in page
    assert "/connections/warehouse" not in page
    assert steward.get("/connections/warehouse").status_code == 404


def test_one_connection_shows_changes_by_hand_side_by_side(world: World, operator: Client) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    world.server.own["double:sales.t0"]["readers"]["mallory"] = []
    world.reconcile()
    page = operator.get("/connections/warehouse").content.decode()
    assert "mallory" in page
    assert "put right" in page


def test_a_held_pass_is_released_with_the_version_that_was_seen(
    world: World, operator: Client
) -> None:
    for number in range(10):
        world.grant(number, f"t{number}", "alice")
    world.reconcile()
    for number in range(5):
        world.withdraw(number)
    world.reconcile()
    assert "waits for release" in operator.get("/connections").content.decode()
    page = operator.get("/connections/warehouse").content.decode()
    assert "5 documents are removed" in page
    version = Enforcement.objects.get().version
    stale = operator.post("/connections/warehouse/release", {"version": version - 1})
    assert stale.status_code == 412
    done = operator.post("/connections/warehouse/release", {"version": version})
    assert done.status_code == 302
    assert world.reconcile().outcome == "applied"


def test_whoever_changed_part_of_what_is_held_is_told_who_must_release_it(world: World) -> None:
    one = person("One", Role.OPERATOR)
    client = Client()
    client.force_login(one)
    for number in range(10):
        world.grant(number, f"t{number}", "alice")
    world.reconcile()
    for number in range(5):
        services.withdraw(owner=f"grant:G-{number}", actor=one)
    world.reconcile()
    page = client.get("/connections/warehouse").content.decode()
    assert "somebody else must release it" in page
    assert "documents are removed" not in page
    version = Enforcement.objects.get().version
    refused = client.post("/connections/warehouse/release", {"version": version})
    assert refused.status_code == 403


def test_buttons_are_for_operators(world: World) -> None:
    services.declare(owner="policy:p", system=world.system, rules=(), actor=ACTOR)
    auditor = signed_in(person("Aud", Role.AUDITOR))
    assert "Compare now" not in auditor.get("/connections/warehouse").content.decode()
    assert auditor.post("/connections/warehouse/compare").status_code == 403
    member = signed_in(person("Mem", Role.MEMBER))
    assert member.get("/connections").status_code == 403


def test_comparing_now_and_pausing(world: World, operator: Client) -> None:
    assert operator.post("/connections/warehouse/compare").status_code == 302
    version = world.system.version
    assert operator.post("/connections/warehouse/pause", {"version": version}).status_code == 302
    assert "Paused" in operator.get("/connections/warehouse").content.decode()
    assert operator.post("/connections/warehouse/compare").status_code == 409
    assert operator.post("/connections/warehouse/resume", {"version": "x"}).status_code == 400


def test_a_pass_and_its_evidence_can_be_looked_at(world: World, operator: Client) -> None:
    world.grant(1, "t0", "alice")
    sync = world.reconcile()
    page = operator.get(f"/passes/{sync.uuid}").content.decode()
    assert "double:sales.t0" in page
    proof = Proof.objects.get()
    kept = operator.get(f"/evidence/{proof.evidence.uuid}")
    assert kept.content == bytes(proof.evidence.body)
    assert proof.evidence.sha256[:16] in kept["Content-Disposition"]


def test_the_proof_shows_what_was_asked_expected_and_answered(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    shown = render_to_string(
        "enforcement/_proof.html", {"proof": proof_page("grant:G-1"), "ask_url": "/ask"}
    )
    assert "1 of 1 as expected" in shown
    assert "Ask now" in shown
    assert "What alice can read of sales.t0" in shown
    assert "double:sales.t0" in shown
    world.withdraw(1)
    world.reconcile()
    shown = render_to_string("enforcement/_proof.html", {"proof": proof_page("grant:G-1")})
    assert "permission denied" in shown
    assert "removed" in shown


def test_a_take_over_says_what_changes_beside_it_and_what_stays(
    world: World, operator: Client
) -> None:
    beside = [
        {"kind": "setting", "text": "bob's own search_path", "principals": [], "changed": True},
        {"kind": "policy", "text": "The policy stays.", "principals": ["bob"], "changed": False},
    ]
    TakeOver.objects.create(
        system=world.system,
        dataset=Dataset.objects.get(name="t0"),
        plan={"adopts": False, "losses": [], "beside": beside},
        proposed_at=AT,
    )
    page = operator.get("/connections/warehouse").content.decode()
    assert "bob&#x27;s own search_path" in page
    assert "The policy stays." in page
