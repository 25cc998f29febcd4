"""Lets the detectors look at columns, and keeps what they propose, with its evidence."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.catalog import connections
from apps.catalog.appearance import appearance
from apps.catalog.detecting import Detector, Look, Proposal, known_tags, look_at
from apps.catalog.models import (
    NOTHING_PERSONAL,
    Dataset,
    Field,
    System,
    Tag,
    Tagging,
    TagState,
)
from apps.catalog.selectors import current_fields
from apps.connectors.contracts import Refused as ConnectorRefused
from apps.connectors.contracts import Unreachable
from apps.core.actors import Actor
from apps.core.errors import Conflict, Unavailable

SAMPLE = 500
"""Rows looked at of each dataset."""

Found = dict[Field, list[tuple[Detector, Proposal]]]


@transaction.atomic
def declare_tags(*, actor: Actor) -> list[Tag]:
    """Make the tags that detectors can propose; those that exist are left as people made them."""
    known = set(Tag.objects.values_list("key", flat=True))
    missing = [
        Tag(
            key=tag.key,
            name=tag.name,
            description=tag.description,
            rank=tag.rank,
            personal=tag.personal,
        )
        for tag in known_tags()
        if tag.key not in known
    ]
    made = Tag.objects.bulk_create(missing)
    for tag in made:
        audit.record(
            action="catalog.declare_tag", subject=tag.ref, actor=actor, after={"rank": tag.rank}
        )
    return made


def propose_tags(*, dataset: Dataset, actor: Actor) -> list[Tagging]:
    """Have the detectors look at the dataset's columns; return the proposals that are new.

    What a person has decided stays as it is. A waiting proposal that no detector makes any more
    goes. Where values may not be looked at, names and types alone speak. A dataset that looks as
    it did the last time is not looked at again. Raises Unavailable when it could not be sampled.
    """
    if dataset.vanished_at is not None:
        raise Conflict(f"{dataset.qualified} is gone.")
    fields = list(current_fields(dataset))
    seen = appearance(dataset, fields)
    if seen == dataset.examined:
        return []
    values = _values(dataset, fields)
    found: Found = {
        one: look_at(Look(one.name, one.type, one.comment, dataset.qualified, values.get(one.name)))
        for one in fields
    }
    return _keep(dataset, found, seen, actor)


@dataclass(slots=True)
class _Changes:
    """What has to be written of the proposals for one dataset."""

    new: list[Tagging] = field(default_factory=list)
    renewed: list[Tagging] = field(default_factory=list)
    withdrawn: list[Tagging] = field(default_factory=list)


@transaction.atomic
def _keep(dataset: Dataset, found: Found, seen: str, actor: Actor) -> list[Tagging]:
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    changes = _changes(found)
    Tagging.objects.bulk_create(changes.new)
    Tagging.objects.bulk_update(changes.renewed, ["detector", "confidence", "evidence", "version"])
    Tagging.objects.filter(pk__in=[one.pk for one in changes.withdrawn]).delete()
    dataset.examined = seen
    Dataset.objects.filter(pk=dataset.pk).update(examined=seen)
    if changes.new or changes.renewed or changes.withdrawn:
        audit.record(
            action="catalog.propose_tags",
            subject=dataset.ref,
            actor=actor,
            detail={
                "proposed": [
                    f"{one.field.name}: {one.tag.key}" for one in changes.new if one.field
                ],
                "renewed": len(changes.renewed),
                "withdrawn": len(changes.withdrawn),
            },
        )
    return changes.new


def _changes(found: Found) -> _Changes:
    """Compare what the detectors propose with what is there."""
    tags = {tag.key: tag for tag in Tag.objects.all()}
    known: dict[int | None, dict[str, Tagging]] = defaultdict(dict)
    for tagging in Tagging.objects.filter(field__in=found).select_related("tag"):
        known[tagging.field_id][tagging.tag.key] = tagging
    changes = _Changes()
    for column, proposals in found.items():
        there = known[column.pk]
        wanted = {} if _is_settled(there) else {one.tag: (by, one) for by, one in proposals}
        for key, (detector, proposal) in wanted.items():
            if key not in there:
                made = Tagging(field=column, tag=tags[key])
                _propose(made, detector, proposal)
                changes.new.append(made)
            elif _says_otherwise(there[key], detector, proposal):
                _propose(there[key], detector, proposal)
                there[key].version += 1
                changes.renewed.append(there[key])
        changes.withdrawn += [
            tagging
            for key, tagging in there.items()
            if tagging.state == TagState.PROPOSED and key not in wanted
        ]
    return changes


def _said(tagging: Tagging) -> str:
    return f"{tagging.field.name if tagging.field else ''}: {tagging.tag.key}"


def _is_settled(there: dict[str, Tagging]) -> bool:
    """Whether a person has said that the column holds nothing to protect."""
    nothing = there.get(NOTHING_PERSONAL)
    return nothing is not None and nothing.state == TagState.CONFIRMED


def _says_otherwise(tagging: Tagging, detector: Detector, proposal: Proposal) -> bool:
    return tagging.state == TagState.PROPOSED and (
        tagging.detector,
        tagging.confidence,
        tagging.evidence,
    ) != (detector.name, proposal.confidence, proposal.evidence)


def _propose(tagging: Tagging, detector: Detector, proposal: Proposal) -> None:
    tagging.detector, tagging.confidence = detector.name, proposal.confidence
    tagging.evidence = proposal.evidence


def _values(dataset: Dataset, fields: list[Field]) -> dict[str, tuple[Any, ...]]:
    """Sampled values by column, in memory alone; empty where none may be looked at."""
    system: System = dataset.system
    if not system.sampling or not fields:
        return {}
    names = [one.name for one in fields]
    try:
        rows = list(connections.scanner(system).sample(dataset.qualified, names, SAMPLE))
    except ConnectorRefused:
        return {}
    except Unreachable as error:
        raise Unavailable(f"{dataset.qualified} could not be sampled: {error}") from error
    return {name: tuple(row[place] for row in rows) for place, name in enumerate(names)}
