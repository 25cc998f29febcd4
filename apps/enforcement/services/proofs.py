"""Keeping answers: a proof per owner, dataset and principal, and the bytes of what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Dataset, System
from apps.connectors.contracts import Answer
from apps.connectors.names import parts
from apps.core.actors import Actor
from apps.core.events import announce
from apps.core.refs import Ref
from apps.enforcement.events import PROVEN
from apps.enforcement.evidence import body_of, checks_of
from apps.enforcement.models import Declaration, Evidence, Proof, Sync
from apps.enforcement.services.findings import report_answers
from apps.semantics.rules import Decision


@dataclass(frozen=True, slots=True)
class Answered:
    """What was decided about one principal and dataset, and what the live system said."""

    decision: Decision
    answer: Answer


@transaction.atomic
def keep_answers(
    *,
    owner: Ref,
    system: System,
    generation: int,
    sync: Sync | None,
    answers: Sequence[Answered],
    at: datetime,
    actor: Actor,
) -> list[Proof]:
    """Keep all answers about one owner together, or none of them.

    The same answer as the last one since the owner's rules changed is counted; any other gets a
    proof and evidence of its own, an entry in the book, and an announcement.
    """
    since = Declaration.objects.get(owner=owner, system=system).generation
    kept = [
        _keep(owner, since, each, system=system, generation=generation, sync=sync)
        for each in answers
    ]
    news = [proof for proof in kept if proof.times == 1]
    if news:
        report_answers(owner=owner, system=system, at=at, actor=actor)
        audit.record(
            action="enforcement.prove",
            subject=owner,
            detail={"system": system.key, "generation": generation, "proofs": _told(news)},
            actor=actor,
        )
        announce(PROVEN, owner)
    return kept


def _keep(
    owner: Ref,
    since: int,
    answered: Answered,
    *,
    system: System,
    generation: int,
    sync: Sync | None,
) -> Proof:
    decision, answer = answered.decision, answered.answer
    checks = checks_of(answer)
    about = Proof.objects.filter(
        owner=owner, system=system, dataset_name=answer.dataset, principal=answer.principal
    )
    last = about.filter(generation__gte=since).order_by("-id").first()
    alike = (answer.agrees, decision.allowed, checks, answer.server)
    if last and (last.agrees, last.allowed, last.checks, last.server) == alike:
        last.asked_at = answer.asked_at
        last.times += 1
        last.save(update_fields=["asked_at", "times"])
        return last
    body = body_of(system=system.key, generation=generation, decision=decision, answer=answer)
    evidence, _ = Evidence.objects.get_or_create(
        sha256=body.sha256, defaults={"body": body.data, "at": answer.asked_at}
    )
    return Proof.objects.create(
        owner=owner,
        system=system,
        dataset=_dataset(system, answer.dataset),
        dataset_name=answer.dataset,
        principal=answer.principal,
        sync=sync,
        generation=generation,
        agrees=answer.agrees,
        allowed=decision.allowed,
        checks=checks,
        server=answer.server,
        first_asked_at=answer.asked_at,
        asked_at=answer.asked_at,
        evidence=evidence,
    )


def _dataset(system: System, name: str) -> Dataset | None:
    schema, table = parts(name)
    return Dataset.objects.filter(system=system, schema=schema, name=table).first()


def _told(proofs: Sequence[Proof]) -> list[dict[str, object]]:
    return [
        {
            "dataset": proof.dataset_name,
            "principal": proof.principal,
            "agrees": proof.agrees,
            "evidence_sha256": proof.evidence.sha256,
        }
        for proof in proofs
    ]
