"""Policy definitions as JSON, read strictly: every error names the field and what is expected."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from apps.core.errors import Invalid
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
from apps.policies.expressions import (
    AllOf,
    AnyOf,
    AtLeast,
    Classified,
    HasTag,
    NoneOf,
    Sensitivity,
    TagExpression,
)
from apps.policies.models import Kind
from apps.semantics.codec import decode_filter, decode_mask
from apps.semantics.explain import listing
from apps.semantics.filters import EVERYTHING, Filter
from apps.semantics.masks import Mask

_Member = TypeVar("_Member", bound=StrEnum)
_Value = TypeVar("_Value")

_KEYS: dict[str, frozenset[str]] = {
    Kind.GRANT: frozenset({"purpose", "masks", "filter"}),
    Kind.DENY: frozenset(),
    Kind.MASK: frozenset({"mask"}),
    Kind.FILTER: frozenset({"filter"}),
    Kind.REQUEST: frozenset(
        {"purposes", "stages", "longest_days", "decide_within_days", "masks", "filter"}
    ),
}
_REQUIRED: dict[str, frozenset[str]] = {
    Kind.GRANT: frozenset(),
    Kind.DENY: frozenset(),
    Kind.MASK: frozenset({"mask"}),
    Kind.FILTER: frozenset({"filter"}),
    Kind.REQUEST: frozenset({"purposes", "stages", "longest_days", "decide_within_days"}),
}
_LONGEST_DAYS = 3650
_DEEPEST = 12


def parse(kind: str, value: object, path: str = "definition") -> Definition:
    """The definition of a policy of this kind. Raises Invalid, naming the field at fault."""
    body = _object(
        value,
        path,
        required=frozenset({"subjects", "resource"}) | _REQUIRED[kind],
        optional=_KEYS[kind] - _REQUIRED[kind],
    )
    subjects = _subjects(body["subjects"], f"{path}.subjects")
    resource = _resource(body["resource"], f"{path}.resource")
    filter = _filter(body, path)
    masks = _masks(body.get("masks", []), f"{path}.masks")
    if kind != Kind.REQUEST:
        return Standing(
            subjects=subjects,
            resource=resource,
            purpose=_optional_text(body.get("purpose", ""), f"{path}.purpose"),
            mask=_mask(body["mask"], f"{path}.mask") if "mask" in body else None,
            masks=masks,
            filter=filter,
        )
    return Requesting(
        subjects=subjects,
        resource=resource,
        stages=_several(body["stages"], f"{path}.stages", _stage),
        longest=_days(body["longest_days"], f"{path}.longest_days"),
        decide_within=_days(body["decide_within_days"], f"{path}.decide_within_days"),
        purposes=_purposes(body["purposes"], f"{path}.purposes"),
        masks=masks,
        filter=filter,
    )


def _refuse(path: str, sentence: str) -> NoReturn:
    raise Invalid(f"{path}: {sentence}", fields={path: sentence})


def _object(
    value: object, path: str, *, required: frozenset[str], optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(path, "An object is expected.")
    for key in value:
        if key not in required | optional:
            _refuse(f"{path}.{key}", "There is no such field here.")
    missing = [f"{path}.{key}" for key in sorted(required - value.keys())]
    if missing:
        raise Invalid(
            f"{listing(missing)}: This field is required.",
            fields=dict.fromkeys(missing, "This field is required."),
        )
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or not value.strip():
        _refuse(path, "A text that is not empty is expected.")
    return value


def _optional_text(value: object, path: str) -> str:
    return value if value == "" and isinstance(value, str) else _text(value, path)


def _member(kind: type[_Member], value: object, path: str) -> _Member:
    names = [member.value for member in kind]
    if not isinstance(value, str) or value not in names:
        _refuse(path, f"One of {', '.join(names)} is expected.")
    return kind(value)


def _several(
    value: object, path: str, one: Callable[[object, str], _Value], *, least: int = 1
) -> tuple[_Value, ...]:
    if not isinstance(value, list):
        _refuse(path, "A list is expected.")
    if len(value) < least:
        _refuse(path, "At least one is expected.")
    return tuple(one(each, f"{path}[{n}]") for n, each in enumerate(value))


def _days(value: object, path: str) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LONGEST_DAYS:
        _refuse(path, f"A whole number of days from 1 to {_LONGEST_DAYS} is expected.")
    return timedelta(days=value)


def _subjects(value: object, path: str) -> Subjects:
    body = _object(value, path, required=frozenset({"any_of"}), optional=frozenset({"except"}))
    return Subjects(
        any_of=_several(body["any_of"], f"{path}.any_of", _subject),
        excepted=_several(body.get("except", []), f"{path}.except", _subject, least=0),
    )


def _subject(value: object, path: str) -> Subject:
    body = _object(value, path, required=frozenset({"kind"}), optional=frozenset({"key"}))
    kind = _member(SubjectKind, body["kind"], f"{path}.kind")
    if kind is SubjectKind.EVERYONE:
        if "key" in body:
            _refuse(f"{path}.key", "Everyone has no key.")
        return Subject(kind)
    if "key" not in body:
        _refuse(f"{path}.key", "This field is required.")
    return Subject(kind, _text(body["key"], f"{path}.key"))


def _resource(value: object, path: str) -> Resource:
    known = frozenset({"tags", "level", "datasets"})
    body = _object(value, path, required=frozenset(), optional=known)
    if ("tags" in body) == ("datasets" in body):
        _refuse(path, "Either tags or datasets are expected, and not both.")
    if "datasets" in body:
        if "level" in body:
            _refuse(f"{path}.level", "A level goes with tags.")
        return Resource(datasets=_several(body["datasets"], f"{path}.datasets", _chosen))
    if "level" not in body:
        _refuse(f"{path}.level", "This field is required with tags.")
    level = _member(Level, body["level"], f"{path}.level")
    return Resource(tags=_tags(body["tags"], f"{path}.tags"), level=level)


def _chosen(value: object, path: str) -> Chosen:
    body = _object(value, path, required=frozenset({"dataset"}), optional=frozenset({"columns"}))
    columns = body.get("columns")
    return Chosen(
        dataset=_text(body["dataset"], f"{path}.dataset"),
        columns=None if columns is None else frozenset(_several(columns, f"{path}.columns", _text)),
    )


def _tags(value: object, path: str, depth: int = _DEEPEST) -> TagExpression:
    if not depth:
        _refuse(path, f"An expression is at most {_DEEPEST} levels deep.")
    if not isinstance(value, dict) or len(value) != 1:
        _refuse(
            path,
            'One of {"tag": key}, {"at_least": class}, {"classified": true}, {"all": […]}, '
            '{"any": […]}, {"none": […]} is expected.',
        )
    ((kind, inner),) = value.items()
    if kind == "tag":
        return HasTag(_text(inner, f"{path}.tag"))
    if kind == "at_least":
        return AtLeast(_member(Sensitivity, inner, f"{path}.at_least"))
    if kind == "classified":
        if inner is not True:
            _refuse(f"{path}.classified", "true is expected.")
        return Classified()
    of: dict[str, type[AllOf] | type[AnyOf] | type[NoneOf]] = {
        "all": AllOf,
        "any": AnyOf,
        "none": NoneOf,
    }
    if kind not in of:
        _refuse(f"{path}.{kind}", "There is no such kind of expression.")
    return of[kind](
        _several(inner, f"{path}.{kind}", lambda each, where: _tags(each, where, depth - 1))
    )


def _mask(value: object, path: str) -> Mask:
    return decode_mask(value, path)


def _masks(value: object, path: str) -> tuple[TagMask, ...]:
    return _several(value, path, _tag_mask, least=0)


def _tag_mask(value: object, path: str) -> TagMask:
    body = _object(value, path, required=frozenset({"tags", "mask"}))
    return TagMask(_tags(body["tags"], f"{path}.tags"), _mask(body["mask"], f"{path}.mask"))


def _filter(body: dict[str, Any], path: str) -> Filter:
    return decode_filter(body["filter"], f"{path}.filter") if "filter" in body else EVERYTHING


def _purposes(value: object, path: str) -> frozenset[str] | None:
    return None if value is None else frozenset(_several(value, path, _text))


def _stage(value: object, path: str) -> StageOf:
    body = _object(value, path, required=frozenset({"name", "needed", "reviewers"}))
    needed = body["needed"]
    if isinstance(needed, bool) or not isinstance(needed, int) or not 1 <= needed <= 20:
        _refuse(f"{path}.needed", "A whole number from 1 to 20 is expected.")
    reviewers = _several(body["reviewers"], f"{path}.reviewers", _reviewer)
    return StageOf(_text(body["name"], f"{path}.name"), needed, reviewers)


def _reviewer(value: object, path: str) -> Reviewing:
    body = _object(value, path, required=frozenset({"kind"}), optional=frozenset({"key", "domain"}))
    kind = _member(ReviewerKind, body["kind"], f"{path}.kind")
    named = kind in (ReviewerKind.USER, ReviewerKind.TEAM, ReviewerKind.ROLE)
    if named != ("key" in body):
        _refuse(f"{path}.key", "This field is required." if named else f"{kind} has no key.")
    if "domain" in body and kind is not ReviewerKind.ROLE:
        _refuse(f"{path}.domain", "Only a role is held in a domain.")
    return Reviewing(
        kind,
        _text(body["key"], f"{path}.key") if named else "",
        _text(body["domain"], f"{path}.domain") if "domain" in body else "",
    )
