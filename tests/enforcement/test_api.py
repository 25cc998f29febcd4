"""Enforcement at the REST door."""

import pytest
from rest_framework.test import APIClient

from apps.catalog.models import System
from apps.enforcement.models import Call, Drift, Enforcement, Proof
from apps.identity.permissions import Role
from apps.jobs.models import Job
from tests.enforcement.conftest import World
from tests.people import client_of, domain, person


@pytest.fixture
def operator(world: World) -> APIClient:
    return client_of(person("Olga", Role.OPERATOR))


def test_lists_and_details(world: World, operator: APIClient) -> None:
    world.grant(1, "t0", "alice")
    sync = world.reconcile()
    world.server.own.clear()
    world.reconcile()
    found = {
        name: operator.get(f"/api/v1/{name}?system=warehouse").json()["results"]
        for name in ("enforcements", "syncs", "drifts", "calls", "proofs")
    }
    assert found["enforcements"][0]["observed"] == 1
    assert [each["outcome"] for each in found["syncs"]] == ["applied", "applied"]
    assert found["drifts"][0]["kind"] == "gone"
    assert len(found["calls"]) == Call.objects.count()
    assert found["proofs"][0]["agrees"]
    detail = operator.get(f"/api/v1/syncs/{sync.uuid}").json()
    assert detail["plan"][0]["name"] == "double:sales.t0"
    assert "plan" not in found["syncs"][0]
    proof = Proof.objects.all()[0]
    evidence = operator.get(f"/api/v1/evidence/{proof.evidence.uuid}")
    assert evidence.content == bytes(proof.evidence.body)
    drift = Drift.objects.get()
    assert operator.get(f"/api/v1/drifts/{drift.uuid}").status_code == 200
    assert operator.get("/api/v1/drifts?open=true").json()["results"] == []


def test_a_pass_is_asked_for_and_is_a_job(world: World, operator: APIClient) -> None:
    world.grant(1, "t0", "alice")
    Job.objects.all().delete()
    state = Enforcement.objects.get()
    answer = operator.post(f"/api/v1/enforcements/{state.uuid}/reconcile")
    assert answer.status_code == 202
    assert answer.json()["job"] == str(Job.objects.get().uuid)


def test_a_release_names_the_version_it_releases(world: World, operator: APIClient) -> None:
    for number in range(10):
        world.grant(number, f"t{number}", "alice")
    world.reconcile()
    for number in range(5):
        world.withdraw(number)
    world.reconcile()
    state = Enforcement.objects.get()
    address = f"/api/v1/enforcements/{state.uuid}"
    etag = operator.get(address)["ETag"]
    assert operator.post(f"{address}/release").status_code == 428
    assert operator.post(f"{address}/release", headers={"If-Match": '"v999"'}).status_code == 412
    assert operator.post(f"{address}/release", headers={"If-Match": etag}).status_code == 200


def test_what_lies_in_another_domain_is_not_there(world: World) -> None:
    world.grant(1, "t0", "alice")
    world.reconcile()
    home, away = domain("sales"), domain("hr")
    System.objects.update(domain=home)
    state = Enforcement.objects.get()
    stranger = client_of(person("Stan", Role.OPERATOR, domain=away))
    local = client_of(person("Lola", Role.OPERATOR, domain=home))
    address = f"/api/v1/enforcements/{state.uuid}"
    assert stranger.get("/api/v1/enforcements").json()["results"] == []
    assert stranger.post(f"{address}/reconcile").status_code == 404
    assert local.post(f"{address}/reconcile").status_code == 202
    evidence = Proof.objects.get().evidence
    assert stranger.get(f"/api/v1/evidence/{evidence.uuid}").status_code == 404
    owner = client_of(person("Owen", Role.OWNER, domain=home))
    assert owner.get(address).status_code == 200
    assert owner.post(f"{address}/reconcile").status_code == 403
