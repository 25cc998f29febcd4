"""What a definition names (people, teams, tags, datasets and so on), each with its path."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from apps.policies.definition import (
    Definition,
    Requesting,
    Resource,
    ReviewerKind,
    Reviewing,
    Subject,
    SubjectKind,
    TagMask,
)
from apps.policies.expressions import tags_in


class Named(StrEnum):
    """The kinds of things that can be named."""

    USER = "user"
    TEAM = "team"
    ROLE = "role"
    DOMAIN = "domain"
    TAG = "tag"
    DATASET = "dataset"
    COLUMN = "column"
    PURPOSE = "purpose"


@dataclass(frozen=True, slots=True)
class Reference:
    """One name in a definition; that of a column is `<system>/<schema.name>/<column>`."""

    kind: Named
    key: str
    path: str


def references(definition: Definition, path: str = "definition") -> Iterator[Reference]:
    """Everything that the definition names, in the order in which it is written."""
    yield from _people(definition.subjects.any_of, f"{path}.subjects.any_of")
    yield from _people(definition.subjects.excepted, f"{path}.subjects.except")
    yield from _resource(definition.resource, f"{path}.resource")
    yield from _masks(definition.masks, f"{path}.masks")
    if isinstance(definition, Requesting):
        for key in sorted(definition.purposes or ()):
            yield Reference(Named.PURPOSE, key, f"{path}.purposes")
        for n, stage in enumerate(definition.stages):
            yield from _reviewers(stage.reviewers, f"{path}.stages[{n}].reviewers")
    elif definition.purpose:
        yield Reference(Named.PURPOSE, definition.purpose, f"{path}.purpose")


_PEOPLE = {
    SubjectKind.USER: Named.USER,
    SubjectKind.TEAM: Named.TEAM,
    SubjectKind.ROLE: Named.ROLE,
    ReviewerKind.USER: Named.USER,
    ReviewerKind.TEAM: Named.TEAM,
    ReviewerKind.ROLE: Named.ROLE,
}


def _people(subjects: Iterable[Subject], path: str) -> Iterator[Reference]:
    for n, subject in enumerate(subjects):
        if subject.kind in _PEOPLE:
            yield Reference(_PEOPLE[subject.kind], subject.key, f"{path}[{n}].key")


def _reviewers(reviewers: Iterable[Reviewing], path: str) -> Iterator[Reference]:
    for n, reviewing in enumerate(reviewers):
        if reviewing.kind in _PEOPLE:
            yield Reference(_PEOPLE[reviewing.kind], reviewing.key, f"{path}[{n}].key")
        if reviewing.domain:
            yield Reference(Named.DOMAIN, reviewing.domain, f"{path}[{n}].domain")


def _resource(resource: Resource, path: str) -> Iterator[Reference]:
    if resource.tags is not None:
        for key in sorted(tags_in(resource.tags)):
            yield Reference(Named.TAG, key, f"{path}.tags")
    for n, chosen in enumerate(resource.datasets):
        yield Reference(Named.DATASET, chosen.dataset, f"{path}.datasets[{n}].dataset")
        for column in sorted(chosen.columns or ()):
            key = f"{chosen.dataset}/{column}"
            yield Reference(Named.COLUMN, key, f"{path}.datasets[{n}].columns")


def _masks(masks: Iterable[TagMask], path: str) -> Iterator[Reference]:
    for n, each in enumerate(masks):
        for key in sorted(tags_in(each.tags)):
            yield Reference(Named.TAG, key, f"{path}[{n}].tags")
