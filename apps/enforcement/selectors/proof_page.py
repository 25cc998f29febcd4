"""Everything that the proof of one owner's rules shows: answers, refusals, documents, instants."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.catalog.models import Field
from apps.core.refs import Ref
from apps.enforcement.models import AppliedDocument, Declaration, Proof, Sync
from apps.enforcement.plan import Change
from apps.enforcement.selectors.status import State, Status, status_of

FEWEST = 3
"""So many columns that agree are shown as one line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One question of the matrix; `state` is agrees or differs, `column`: it is about one."""

    asked: str
    expected: str
    answered: str
    state: str
    column: bool = False

    @property
    def folds(self) -> bool:
        """Whether it may be shown together with others like it: a column that agrees."""
        return self.column and self.state == "agrees"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server said when it refused, and to which statement."""

    principal: str
    statement: str
    error: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """What one system answered, asked as one principal about one dataset."""

    proof: Proof
    lines: tuple[Line, ...]
    refusals: tuple[Refusal, ...]

    @property
    def agreed(self) -> int:
        """How many answers were as decided."""
        return sum(line.state == "agrees" for line in self.lines)

    @property
    def folded(self) -> tuple[Line, ...]:
        """The columns that `shown` shows as one."""
        alike = tuple(line for line in self.lines if line.folds)
        return alike if len(alike) >= FEWEST else ()

    @property
    def shown(self) -> tuple[Line, ...]:
        """The lines to show at first: the columns that agree as one; what differs by itself."""
        if not self.folded:
            return self.lines
        rest = [line for line in self.lines if not line.folds]
        place = self.lines.index(self.folded[0])
        before = sum(not line.folds for line in self.lines[:place])
        together = Line(
            asked=_("%(n)d columns, one by one") % {"n": len(self.folded)},
            expected=_counted(line.expected for line in self.folded),
            answered=_counted(line.answered for line in self.folded),
            state="agrees",
        )
        return (*rest[:before], together, *rest[before:])


@dataclass(frozen=True, slots=True)
class ProofPage:
    """The status of an owner with all that it rests on; `steps` as the stepper component shows."""

    status: Status
    matrices: tuple[Matrix, ...]
    documents: tuple[Change, ...]
    steps: tuple[dict[str, Any], ...]

    @property
    def asked(self) -> int:
        """How many questions were asked."""
        return sum(len(matrix.lines) for matrix in self.matrices)

    @property
    def agreed(self) -> int:
        """How many answers were as decided."""
        return sum(matrix.agreed for matrix in self.matrices)

    @property
    def tone(self) -> str:
        """The tone of the badge: whether all, not all or nothing was as decided."""
        if self.status.state in (State.REFUSED, State.DRIFTED):
            return "bad"
        return "ok" if self.status.proven else "warn"


def proof_page(owner: Ref) -> ProofPage:
    """What there is to show about this owner's rules."""
    status = status_of(owner)
    return ProofPage(
        status=status,
        matrices=tuple(_matrix(proof) for proof in status.proofs),
        documents=tuple(_documents(owner)),
        steps=_steps(status),
    )


def _matrix(proof: Proof) -> Matrix:
    about = Field.objects.filter(dataset__isnull=False, dataset=proof.dataset_id)
    names = set(about.values_list("name", flat=True))
    return Matrix(
        proof=proof,
        lines=tuple(
            Line(
                asked=check["asked"],
                expected=check["expected"],
                answered=check["answered"],
                state="agrees" if check["agrees"] else "differs",
                column=check["asked"] in names,
            )
            for check in proof.checks
        ),
        refusals=tuple(
            Refusal(proof.principal, c["statement"], c["error"]) for c in proof.checks if c["error"]
        ),
    )


def _counted(said: Iterable[str]) -> str:
    """How many columns were said to be what: `5 plain, 1 masked (partial)`."""
    kinds = Counter(text.partition(",")[0] for text in said)
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())


def _documents(owner: Ref) -> Iterable[Change]:
    """The change by which each document of the owner's datasets came to be as it is."""
    for declaration in Declaration.objects.filter(owner=owner).order_by("system_id"):
        datasets = {rule["dataset"] for rule in declaration.rules}
        passes = Sync.objects.filter(
            system=declaration.system_id,
            generation__gte=declaration.generation,
            outcome__in=[Sync.Outcome.APPLIED, Sync.Outcome.REFUSED],
        )
        sync = passes.order_by("generation", "id").first()
        changes = [Change.from_json(stored) for stored in sync.plan] if sync else []
        found = [change for change in changes if _about(change) in datasets]
        yield from found or _standing(declaration, datasets)


def _about(change: Change) -> str:
    return str((change.after or change.before or {}).get("dataset", ""))


def _standing(declaration: Declaration, datasets: Iterable[str]) -> Iterable[Change]:
    rows = AppliedDocument.objects.filter(
        system=declaration.system_id, dataset__in=list(datasets), document__isnull=False
    )
    for row in rows:
        yield Change.unchanged(row.name, row.document or {})


def _steps(status: Status) -> tuple[dict[str, Any], ...]:
    """Decided, applied, effective, with the time from each to the next."""
    instants = [status.decided_at, status.applied_at, status.effective_at]
    last = _("Gone") if status.withdrawn else _("Effective")
    labels = [_("Withdrawn") if status.withdrawn else _("Decided"), _("Applied"), last]
    steps: list[dict[str, Any]] = []
    for position, (label, instant) in enumerate(zip(labels, instants, strict=True)):
        after = instants[position + 1] if position < 2 else None
        steps.append(
            {
                "label": label,
                "at": instant,
                "state": "done" if instant else "ahead",
                "gap": _gap(instant, after),
            }
        )
    waiting = next((step for step in steps if step["state"] == "ahead"), None)
    if waiting is not None:
        waiting["state"] = "failed" if status.state is State.REFUSED else "now"
    return tuple(steps)


def _gap(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return ""
    seconds = max((end - start).total_seconds(), 0)
    if seconds < 0.1:
        return _("at once")
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
