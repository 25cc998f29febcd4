"""Policies in plain sentences: whom they are about, what they are about, and what they do."""

from collections.abc import Iterable, Iterator

from apps.policies.definition import (
    Chosen,
    Definition,
    Level,
    Requesting,
    Resource,
    ReviewerKind,
    Reviewing,
    StageOf,
    Standing,
    Subject,
    SubjectKind,
    Subjects,
    TagMask,
)
from apps.policies.expressions import describe
from apps.policies.models import Kind
from apps.semantics.explain import describe_filter, describe_mask, listing
from apps.semantics.filters import EVERYTHING
from apps.semantics.masks import MaskFunction


def sentences(kind: str, definition: Definition) -> tuple[str, ...]:
    """What a policy of this kind says, one sentence each, the main one first."""
    if isinstance(definition, Requesting):
        return tuple(_asking(definition))
    who, what = people(definition.subjects), resource(definition.resource)
    return (_capital(_MAIN[Kind(kind)](definition, who, what)), *_masks(definition.masks))


def people(subjects: Subjects) -> str:
    """Whom it is about."""
    named = listing((_subject(each) for each in subjects.any_of), "or")
    if not subjects.excepted:
        return named
    return f"{named}, except {listing((_subject(each) for each in subjects.excepted), 'or')},"


def resource(resource: Resource) -> str:
    """What it is about."""
    if resource.tags is None:
        return listing(_chosen(each) for each in resource.datasets)
    if resource.level is Level.DATASET:
        return f"datasets with anything that is {describe(resource.tags)}"
    return f"columns that are {describe(resource.tags)}"


def _grant(definition: Standing, who: str, what: str) -> str:
    rows = "" if definition.filter == EVERYTHING else f" where {describe_filter(definition.filter)}"
    purpose = f", for the purpose {definition.purpose}" if definition.purpose else ""
    return f"{who} may read {what}{rows}{purpose}."


def _deny(definition: Standing, who: str, what: str) -> str:
    return f"{who} may not read {what}, whoever grants it."


def _mask(definition: Standing, who: str, what: str) -> str:
    assert definition.mask is not None
    if definition.mask.function is MaskFunction.NONE:
        return f"{who} is exempt from the standard masks of {what}."
    return f"for {who} {what} are {describe_mask(definition.mask)}."


def _filter(definition: Standing, who: str, what: str) -> str:
    return f"{who} may see {what} only in the rows where {describe_filter(definition.filter)}."


_MAIN = {Kind.GRANT: _grant, Kind.DENY: _deny, Kind.MASK: _mask, Kind.FILTER: _filter}


def _asking(definition: Requesting) -> Iterator[str]:
    who, what = people(definition.subjects), resource(definition.resource)
    purposes = (
        "any purpose"
        if definition.purposes is None
        else f"the purpose {listing(sorted(definition.purposes), 'or')}"
    )
    days = _days(definition.longest.days)
    yield _capital(f"{who} may ask for {what}, for {purposes} and for at most {days}.")
    for position, stage in enumerate(definition.stages):
        yield _stage(stage, first=position == 0)
    yield f"What is not decided within {_days(definition.decide_within.days)} is not given."
    if definition.filter != EVERYTHING:
        yield f"Only rows where {describe_filter(definition.filter)} are given."
    yield from _masks(definition.masks)


def _stage(stage: StageOf, *, first: bool) -> str:
    opening = "It is decided by" if first else "After that by"
    who = listing((_reviewer(each) for each in stage.reviewers), "or")
    count = "" if stage.needed == 1 else f", {stage.needed} of them"
    return f"{opening} {who}{count} ({stage.name})."


def _masks(masks: Iterable[TagMask]) -> tuple[str, ...]:
    return tuple(
        f"Columns that are {describe(each.tags)} are {describe_mask(each.mask)}." for each in masks
    )


def _subject(subject: Subject) -> str:
    match subject.kind:
        case SubjectKind.EVERYONE:
            return "everyone"
        case SubjectKind.USER:
            return subject.key
        case SubjectKind.TEAM:
            return f"the team {subject.key}"
        case SubjectKind.ROLE:
            return f"whoever is {subject.key}"


def _reviewer(reviewing: Reviewing) -> str:
    match reviewing.kind:
        case ReviewerKind.OWNER:
            return "the dataset's owner"
        case ReviewerKind.STEWARD:
            return "the dataset's steward"
        case ReviewerKind.USER:
            return reviewing.key
        case ReviewerKind.TEAM:
            return f"the team {reviewing.key}"
        case ReviewerKind.ROLE:
            where = f" of {reviewing.domain}" if reviewing.domain else ""
            return f"whoever is {reviewing.key}{where}"


def _chosen(chosen: Chosen) -> str:
    if chosen.columns is None:
        return f"every column of {chosen.dataset}"
    return f"{listing(sorted(chosen.columns))} of {chosen.dataset}"


def _days(count: int) -> str:
    return "one day" if count == 1 else f"{count} days"


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
