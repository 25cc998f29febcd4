"""Sample requests of the audit book."""

import pytest

from apps.identity.permissions import Role
from tests.people import person
from tests.samples import Sample, sample


@sample("POST", "/api/v1/audit/export")
def export(_: pytest.MonkeyPatch) -> Sample:
    return Sample(person("Ada", Role.AUDITOR), data={"what": "identity.*"})


@sample("POST", "/audit/export")
def export_from_the_page(_: pytest.MonkeyPatch) -> Sample:
    return Sample(person("Ada", Role.AUDITOR), query="?what=identity.*")
