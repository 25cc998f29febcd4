"""Sample requests of policies."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.policies.conftest import EMAILS, EVERYONE, REDACT, Company, founded
from tests.samples import Sample, sample

API = "/api/v1"
HIDDEN = {"subjects": EVERYONE, "resource": EMAILS, "mask": REDACT}
AS_SENT = {"name": "Hidden", "kind": "mask", "definition": HIDDEN, "reason": "Needed."}


def company(patch: pytest.MonkeyPatch) -> Company:
    return founded(patch)


def enacted(patch: pytest.MonkeyPatch) -> tuple[Company, Any]:
    found = company(patch)
    return found, found.enact("hidden", "mask", HIDDEN)


def proposed(patch: pytest.MonkeyPatch) -> tuple[Company, Any]:
    found = company(patch)
    at = datetime.now(tz=UTC)
    return found, found.propose("hidden", "mask", HIDDEN, at=at).policy


@sample("POST", f"{API}/policies")
def propose(patch: pytest.MonkeyPatch) -> Sample:
    return Sample(company(patch).steward, data={"key": "hidden", **AS_SENT})


@sample("POST", f"{API}/policies/<uuid:uuid>/revise")
def revise(patch: pytest.MonkeyPatch) -> Sample:
    found, policy = enacted(patch)
    headers = {"If-Match": f'"v{policy.version}"'}
    data = {**AS_SENT, "name": "Hidden better"}
    return Sample(found.steward, path={"uuid": policy.uuid}, data=data, headers=headers)


@sample("POST", f"{API}/policies/<uuid:uuid>/retire")
def retire(patch: pytest.MonkeyPatch) -> Sample:
    found, policy = enacted(patch)
    headers = {"If-Match": f'"v{policy.version}"'}
    data = {"reason": "Nobody needs it."}
    return Sample(found.steward, path={"uuid": policy.uuid}, data=data, headers=headers)


@sample("POST", f"{API}/policies/<uuid:uuid>/withdraw-proposal")
def withdraw(patch: pytest.MonkeyPatch) -> Sample:
    found, policy = proposed(patch)
    return Sample(found.steward, path={"uuid": policy.uuid})


@sample("POST", "/policies/<slug:key>/retire")
def retire_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    found, policy = enacted(patch)
    data = {"reason": "Nobody needs it.", "version": policy.version}
    return Sample(found.steward, path={"key": policy.key}, data=data)


@sample("POST", "/policies/<slug:key>/withdraw")
def withdraw_on_the_page(patch: pytest.MonkeyPatch) -> Sample:
    found, policy = proposed(patch)
    return Sample(found.steward, path={"key": policy.key})
