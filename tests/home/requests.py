"""Sample requests of the inbox."""

import pytest

from apps.approvals.selectors import approval_of
from tests.access.requests import asking, with_rows
from tests.samples import Sample, sample


@sample("POST", "/inbox/<uuid:uuid>/decide")
def decide(patch: pytest.MonkeyPatch) -> Sample:
    found = asking(patch)
    approval = approval_of(found.ask().approval)
    data = {"answer": "approve", "version": approval.version, "days": 20}
    return Sample(found.company.orders.owner, path={"uuid": approval.uuid}, data=data)


@sample("POST", "/inbox/<uuid:uuid>/preview")
def preview(patch: pytest.MonkeyPatch) -> Sample:
    found = with_rows(patch)
    approval = approval_of(found.ask().approval)
    data = {"dataset": found.company.orders.uuid, "days": 20}
    return Sample(found.company.orders.owner, path={"uuid": approval.uuid}, data=data)
