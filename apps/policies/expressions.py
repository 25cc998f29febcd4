"""Expressions over tags: which columns or datasets a policy is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from apps.semantics.explain import listing


@dataclass(frozen=True, slots=True)
class HasTag:
    """Carries this tag, or one narrower than it."""

    key: str


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


TagExpression: TypeAlias = HasTag | Classified | AllOf | AnyOf | NoneOf


def holds(expression: TagExpression, tags: frozenset[str]) -> bool:
    """Whether it holds for something that carries these tags; `tags` has their parents as well."""
    match expression:
        case HasTag(key):
            return key in tags
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
    """The tags that it looks for, those it excludes left out."""
    match expression:
        case HasTag(key):
            return frozenset({key})
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
        case Classified():
            return


def describe(expression: TagExpression) -> str:
    """As the end of the sentence "columns that are …"."""
    match expression:
        case HasTag(key):
            return f"tagged {key}"
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
