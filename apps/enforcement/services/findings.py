"""What of enforcement a person must look at, measured whole each time and reported below."""

from datetime import datetime

from apps.catalog.models import Dataset, System
from apps.connectors.names import parts
from apps.core.actors import Actor
from apps.core.refs import Ref
from apps.enforcement.models import Drift, Proof, Refusal
from apps.findings import services as findings
from apps.findings.services import Observed


def report_drift(*, system: System, at: datetime, actor: Actor) -> None:
    """Documents of ours that somebody else changed and that are not put right yet."""
    findings.measure(
        kind="enforcement.drift",
        scope=system.ref,
        observed=[
            Observed(
                subject=_about(system, drift.dataset),
                title=f"{drift.name} in {system.name}: {drift.get_kind_display().lower()}",
                text=(
                    "A document of ours stood otherwise than we left it. It is put right by the "
                    "pass that found it; who did it is in the system's own log."
                ),
                remedy="Find out who changed it, and change the policy or grant instead.",
                severity="high",
                evidence={"name": drift.name, "kind": drift.kind},
                key=drift.name,
                domain=system.domain,
            )
            for drift in Drift.objects.filter(system=system, righted_at=None)
        ],
        at=at,
        actor=actor,
    )


def report_refusals(*, system: System, at: datetime, actor: Actor) -> None:
    """Rules that the system does not take."""
    findings.measure(
        kind="enforcement.refused",
        scope=system.ref,
        observed=[
            Observed(
                subject=refusal.owner,
                title=f"{system.name} cannot enforce {refusal.owner} on {refusal.dataset}",
                text=" ".join(refusal.reasons),
                remedy=(
                    "Change the rules or the system. Until then the dataset is shut."
                    if refusal.closed
                    else "Change the rules or the system. Until then they give nothing."
                ),
                severity="critical" if refusal.closed else "medium",
                evidence={"dataset": refusal.dataset, "stage": refusal.stage},
                key=f"{refusal.owner} {refusal.dataset} {refusal.stage}",
                domain=system.domain,
            )
            for refusal in Refusal.objects.filter(system=system)
        ],
        at=at,
        actor=actor,
    )


def report_held(*, system: System, reason: str, at: datetime, actor: Actor) -> None:
    """A pass that waits for a person; an empty reason says that none does."""
    waiting = Observed(
        subject=system.ref,
        title=f"A pass to {system.name} waits for release",
        text=reason,
        remedy="Look at what would be removed, then release it or declare it again.",
        severity="high",
        domain=system.domain,
    )
    findings.measure(
        kind="enforcement.held",
        scope=system.ref,
        observed=[waiting] if reason else [],
        at=at,
        actor=actor,
    )


def report_trouble(*, system: System, reason: str, at: datetime, actor: Actor) -> None:
    """Passes that do not come to an end; an empty reason says that the last one did."""
    trouble = Observed(
        subject=system.ref,
        title=f"{system.name} does not agree with what is declared",
        text=reason,
        remedy="Mend the connection. What the system was told last stays in force meanwhile.",
        severity="high",
        domain=system.domain,
    )
    findings.measure(
        kind="enforcement.trouble",
        scope=system.ref,
        observed=[trouble] if reason else [],
        at=at,
        actor=actor,
    )


def report_answers(*, owner: Ref, system: System, at: datetime, actor: Actor) -> None:
    """Answers of the live system that are not as decided, the latest ones of this owner."""
    latest: dict[tuple[str, str], Proof] = {}
    for proof in Proof.objects.filter(owner=owner, system=system).order_by("id"):
        latest[proof.dataset_name, proof.principal] = proof
    findings.measure(
        kind="enforcement.differs",
        scope=f"{system.ref} {owner}",
        observed=[_differing(owner, system, p) for p in latest.values() if not p.agrees],
        at=at,
        actor=actor,
    )


def _differing(owner: Ref, system: System, proof: Proof) -> Observed:
    wrong = [check for check in proof.checks if not check["agrees"]]
    lines = [f"{c['asked']}: {c['expected']} expected, {c['answered']} answered." for c in wrong]
    return Observed(
        subject=owner,
        title=f"{system.name}, asked as {proof.principal}, does not answer as decided",
        text=" ".join(lines) or "Nothing could be examined.",
        remedy="Look for another way in that the person has, or for a change by hand.",
        severity="critical",
        evidence={
            "dataset": proof.dataset_name,
            "principal": proof.principal,
            "evidence_sha256": proof.evidence.sha256,
        },
        key=f"{proof.dataset_name} {proof.principal}",
        domain=system.domain,
    )


def _about(system: System, name: str) -> Ref:
    """The dataset's ref, or the system's where a document is about no dataset we know."""
    if not name:
        return system.ref
    schema, table = parts(name)
    dataset = Dataset.objects.filter(system=system, schema=schema, name=table).first()
    return dataset.ref if dataset else system.ref
