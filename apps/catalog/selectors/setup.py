"""How far a newly connected system is: scanned, classified, and what people have yet to say."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.catalog.models import (
    Dataset,
    Field,
    RunState,
    ScanRun,
    System,
    SystemState,
    Tagging,
    TagState,
)
from apps.catalog.selectors.logins import unmapped_logins
from apps.catalog.work import CLASSIFY, SCAN
from apps.identity.models import User
from apps.identity.selectors import within_reach
from apps.jobs.models import Job
from apps.jobs.models import State as JobState


@dataclass(frozen=True, slots=True)
class Setup:
    """A system on its way: its two jobs, what was found, and what waits for people."""

    system: System
    scan: Job | None
    classify: Job | None
    failed: str
    datasets: int
    columns: int
    proposals: int
    without_owner: int
    logins: int

    @property
    def under_way(self) -> bool:
        """Whether something is still being done that the page should wait for."""
        if self.system.state == SystemState.PAUSED:
            return False
        jobs = (self.scan, self.classify)
        return any(job and job.state in (JobState.QUEUED, JobState.RUNNING) for job in jobs)

    @property
    def scanned(self) -> bool:
        """Whether it was read whole at least once."""
        return bool(self.system.fingerprint)

    @property
    def steps(self) -> list[dict[str, str]]:
        """Connected, listed, looked at: the steps as a page shows them."""
        listed = "done" if self.scanned else ("failed" if self.failed else "now")
        looked = "done" if self.classified else ("now" if self.scanned else "ahead")
        return [
            {"label": _("Connected"), "state": "done"},
            {"label": _("Listed"), "state": listed},
            {"label": _("Looked at by the detectors"), "state": looked},
            {"label": _("Answered for by people"), "state": self._yours},
        ]

    @property
    def _yours(self) -> str:
        if not self.classified:
            return "ahead"
        return "now" if self.proposals or self.without_owner or self.logins else "done"

    @property
    def classified(self) -> bool:
        """Whether the detectors have looked at what the scan found."""
        return self.scanned and not self.under_way


def operated_systems(user: User, permission: str) -> QuerySet[System]:
    """The systems in whose domain this user may."""
    return System.objects.filter(within_reach(user, permission)).select_related("domain")


def setup_of(system: System) -> Setup:
    """How far the system is, in a constant number of reads."""
    there = Dataset.objects.filter(system=system, vanished_at=None)
    columns = Field.objects.filter(dataset__in=there, vanished_at=None)
    last = ScanRun.objects.filter(system=system).first()
    return Setup(
        system=system,
        scan=_last(SCAN, system),
        classify=_last(CLASSIFY, system),
        failed=last.error if last and last.state == RunState.FAILED else "",
        datasets=there.count(),
        columns=columns.count(),
        proposals=Tagging.objects.filter(field__in=columns, state=TagState.PROPOSED).count(),
        without_owner=there.filter(Q(owner=None) | Q(steward=None)).count(),
        logins=unmapped_logins(system).count(),
    )


def _last(name: str, system: System) -> Job | None:
    return Job.objects.filter(name=name, key=system.key).order_by("-id").first()
