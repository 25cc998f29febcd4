"""Makes an audit book whose chain does not hold a finding, and closes it when it holds again."""

from datetime import datetime

from apps.audit.selectors import known_break
from apps.core.actors import Actor
from apps.core.refs import ref
from apps.findings.models import Severity
from apps.findings.services.measuring import Measured, Observed, measure

BOOK = "audit.chain"


def measure_book(*, at: datetime, actor: Actor) -> Measured:
    """Say what the last verifications of the book found; whoever may see findings sees it."""
    return measure(kind=BOOK, scope="book", observed=_observed(), at=at, actor=actor)


def _observed() -> list[Observed]:
    found = known_break()
    if found is None:
        return []
    return [
        Observed(
            subject=ref("book", "audit"),
            title=f"The audit book does not hold at #{found.broken}",
            text=f"{found.reason} Nothing is signed from here on until it holds again.",
            remedy=(
                "Treat it as an attack until it is explained. Keep the database, its backups and "
                "the checkpoints as they are, run seneschal-verify on an export with the "
                "checkpoints kept outside, and compare the first bad entry with a backup."
            ),
            severity=Severity.CRITICAL,
            evidence={
                "first bad place": found.broken,
                "read from": found.first,
                "read to": found.last,
                "read at": found.at.isoformat(),
            },
        )
    ]
