"""Sample requests of the jobs."""

import pytest

from apps.identity.permissions import Role
from apps.jobs.models import Job, State
from tests.people import person
from tests.samples import Sample, sample


@sample("POST", "/api/v1/jobs/<uuid:uuid>/retry")
@sample("POST", "/jobs/<uuid:uuid>/retry")
def retry(_: pytest.MonkeyPatch) -> Sample:
    job = Job.objects.create(
        name="tests.work",
        key="a",
        max_attempts=3,
        attempts=3,
        state=State.QUARANTINED,
        error="It was refused.",
        enqueued_by="system:tests",
    )
    return Sample(person("Olga", Role.OPERATOR), path={"uuid": job.uuid})
