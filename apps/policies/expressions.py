"""Expressions over tags: which columns or datasets a policy is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from apps.semantics.explain import listing


@dataclass(frozen=True, slots=True)
class HasTag:
    """Carries this tag, or one narrower than it."""

    key: str


class Sensitivity(StrEnum):
    """The classes of tags, each from a rank on."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        """The least rank of a tag of this class."""
        return 10 * list(Sensitivity).index(self)

    @property
    def mark(self) -> str:
        """What stands among the tags of something that is of this class or a stricter one."""
        return f"at least {self}"


def marks(rank: int) -> frozenset[str]:
    """The marks that a tag of this rank stands for."""
    return frozenset(each.mark for each in Sensitivity if each.rank <= rank)


RANKS = {each.mark: each.rank for each in Sensitivity}
"""The rank of each mark."""


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Carries a tag of this class or a stricter one."""

    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True)
class Classified:
    """Carries any tag at all."""


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of the parts hold."""

    parts: tuple["TagExpression", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part holds."""

    parts: tuple["TagExpression", ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No part holds; an unclassified column carries no tag, so it is meant as well."""

    parts: tuple["TagExpression", ...]


TagExpression: TypeAlias = HasTag | AtLeast | Classified | AllOf | AnyOf | NoneOf


def holds(expression: TagExpression, tags: frozenset[str]) -> bool:
    """Whether it holds for what carries these tags, their parents and their marks among them."""
    match expression:
        case HasTag(key):
            return key in tags
        case AtLeast(sensitivity):
            return sensitivity.mark in tags
        case Classified():
            return bool(tags)
        case AllOf(parts):
            return all(holds(part, tags) for part in parts)
        case AnyOf(parts):
            return any(holds(part, tags) for part in parts)
        case NoneOf(parts):
            return not any(holds(part, tags) for part in parts)


def tags_in(expression: TagExpression) -> frozenset[str]:
    """Every tag that it names."""
    return frozenset(_tags(expression))


def asked_for(expression: TagExpression) -> frozenset[str]:
    """The tags and marks that it looks for, those it excludes left out."""
    match expression:
        case HasTag(key):
            return frozenset({key})
        case AtLeast(sensitivity):
            return frozenset({sensitivity.mark})
        case AllOf(parts) | AnyOf(parts):
            return frozenset[str]().union(*(asked_for(part) for part in parts))
        case Classified() | NoneOf():
            return frozenset()


def _tags(expression: TagExpression) -> Iterator[str]:
    match expression:
        case HasTag(key):
            yield key
        case AllOf(parts) | AnyOf(parts) | NoneOf(parts):
            for part in parts:
                yield from _tags(part)
        case Classified() | AtLeast():
            return


def describe(expression: TagExpression) -> str:
    """As the end of the sentence "columns that are …"."""
    match expression:
        case HasTag(key):
            return f"tagged {key}"
        case AtLeast(sensitivity):
            return sensitivity.mark
        case Classified():
            return "classified"
        case AllOf(parts):
            return listing([_within(part) for part in parts] or ["of any kind"])
        case AnyOf(parts):
            return listing([_within(part) for part in parts] or ["of no kind"], "or")
        case NoneOf(parts):
            return f"not {listing([_within(part) for part in parts] or ['of no kind'], 'or')}"


def _within(part: TagExpression) -> str:
    text = describe(part)
    composed = isinstance(part, AllOf | AnyOf | NoneOf) and len(part.parts) > 1
    return f"({text})" if composed else text
