"""The catalog's durable work: scanning systems, and letting the detectors look at what came."""

from django.utils import timezone

from apps.catalog import services
from apps.catalog.models import System, SystemState
from apps.catalog.selectors import has_unexamined, unexamined
from apps.catalog.work import CLASSIFY, SCAN, SCAN_ALL
from apps.core.actors import SystemActor
from apps.jobs import services as jobs
from apps.jobs.registry import Progress, handles, periodic

SCAN_SECONDS = 300.0
"""A scan that finds nothing changed is cheap, and finds what was made by hand soon."""
SCANNER = SystemActor("catalog.scan")
DETECTORS = SystemActor("catalog.detectors")


@handles(SCAN_ALL, keep=False)
@periodic(every=SCAN_SECONDS)
def scan_all(key: str, progress: Progress) -> None:
    """Enqueue a scan of every system that we work with."""
    for system in System.objects.filter(state=SystemState.ACTIVE):
        jobs.enqueue(name=SCAN, key=system.key, actor=SCANNER)


@handles(SCAN, attempts=8)
def scan(key: str, progress: Progress) -> None:
    """Scan one system, then have what is new looked at."""
    system = System.objects.filter(key=key).first()
    if system is None:
        progress(1, 1, "no longer connected")
        return
    if system.state == SystemState.PAUSED:
        progress(1, 1, "paused, not scanned")
        return
    result = services.scan_system(system=system, at=timezone.now(), actor=SCANNER)
    if result.changed or has_unexamined(system):
        jobs.enqueue(name=CLASSIFY, key=key, actor=SCANNER)
    progress(1, 1, "changed" if result.changed else "nothing has changed")


@handles(CLASSIFY, attempts=8)
def classify(key: str, progress: Progress) -> None:
    """Have the detectors look at every dataset that does not look as it did the last time."""
    system = System.objects.filter(key=key).first()
    waiting = list(unexamined(system)) if system else []
    for done, dataset in enumerate(waiting, start=1):
        services.propose_tags(dataset=dataset, actor=DETECTORS)
        progress(done, len(waiting), dataset.qualified)
