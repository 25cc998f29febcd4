"""Rules, masks and filters as JSON and back: exact, and strict about what it does not know."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NoReturn, TypeAlias, TypeVar

from apps.core.errors import Invalid
from apps.semantics.filters import (
    EVERYTHING,
    And,
    Compare,
    Everything,
    Exists,
    Filter,
    Hop,
    In,
    IsNull,
    Literal,
    Not,
    Operator,
    Or,
    SubjectIs,
)
from apps.semantics.masks import Mask, MaskFunction
from apps.semantics.rules import Action, Effect, Rule, Tier

Json: TypeAlias = dict[str, Any]
_Member = TypeVar("_Member", bound=StrEnum)
_Value = TypeVar("_Value")

_DEEPEST = 40
"""How many filters may stand inside one another; deeper ones are refused, not recursed into."""

_ARGUMENTS = {
    MaskFunction.PARTIAL: ("first", "last"),
    MaskFunction.BUCKET: ("size",),
    MaskFunction.TOKEN: ("domain",),
}


# Writing


def encode_literal(value: Literal) -> object:
    """Text, whole numbers and truth as JSON has them; decimals and dates by name of their type."""
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return value


def encode_filter(filter: Filter) -> Json:  # noqa: PLR0911
    """The filter as JSON; sets are sorted, so that equal filters have equal JSON."""
    match filter:
        case Everything():
            return {"kind": "everything"}
        case Compare(column, operator, value):
            return {
                "kind": "compare",
                "column": column,
                "operator": operator.value,
                "value": encode_literal(value),
            }
        case In(column, values):
            encoded = sorted((encode_literal(value) for value in values), key=json.dumps)
            return {"kind": "in", "column": column, "values": encoded}
        case SubjectIs(column, attribute):
            return {"kind": "subject", "column": column, "attribute": attribute}
        case IsNull(column):
            return {"kind": "null", "column": column}
        case Not(part):
            return {"kind": "not", "part": encode_filter(part)}
        case And(parts):
            return {"kind": "and", "parts": [encode_filter(part) for part in parts]}
        case Or(parts):
            return {"kind": "or", "parts": [encode_filter(part) for part in parts]}
        case Exists(path, where):
            hops = [_encode_hop(hop) for hop in path]
            return {"kind": "exists", "path": hops, "where": encode_filter(where)}


def canonical_text(filter: Filter) -> str:
    """The filter as one line: equal for equal filters, and telling 1 from true as `==` does not."""
    return json.dumps(encode_filter(filter), sort_keys=True)


def _encode_hop(hop: Hop) -> Json:
    return {
        "columns": list(hop.columns),
        "to_dataset": hop.to_dataset,
        "to_columns": list(hop.to_columns),
    }


def encode_mask(mask: Mask) -> Json:
    """The mask as JSON, with the arguments of its function alone."""
    arguments = _ARGUMENTS.get(mask.function, ())
    return {"function": mask.function.value, **{name: getattr(mask, name) for name in arguments}}


def encode_masks(masks: Mapping[str, Mask]) -> Json:
    """Masks by column, as JSON."""
    return {column: encode_mask(mask) for column, mask in sorted(masks.items())}


def encode_rule(rule: Rule) -> Json:
    """The rule as JSON, every part of it written out."""
    return {
        "key": rule.key,
        "origin": rule.origin,
        "effect": rule.effect.value,
        "dataset": rule.dataset,
        "principals": None if rule.principals is None else sorted(rule.principals),
        "excepted": sorted(rule.excepted),
        "columns": None if rule.columns is None else sorted(rule.columns),
        "action": rule.action.value,
        "tier": rule.tier.value,
        "filter": encode_filter(rule.filter),
        "mask": None if rule.mask is None else encode_mask(rule.mask),
        "masks": encode_masks(dict(rule.masks)),
        "valid_from": None if rule.valid_from is None else rule.valid_from.isoformat(),
        "until": None if rule.until is None else rule.until.isoformat(),
        "purpose": rule.purpose,
    }


# Reading


def _refuse(path: str, sentence: str) -> NoReturn:
    raise Invalid(f"{path}: {sentence}", fields={path: sentence})


def _object(value: object, path: str, keys: frozenset[str]) -> Json:
    if not isinstance(value, dict):
        _refuse(path, "An object is expected.")
    for key in value:
        if key not in keys:
            _refuse(f"{path}.{key}", "There is no such key here.")
    for key in sorted(keys):
        if key not in value:
            _refuse(f"{path}.{key}", "This key is required.")
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or not value:
        _refuse(path, "A text that is not empty is expected.")
    return value


def _list(value: object, path: str) -> list[Any]:
    if not isinstance(value, list):
        _refuse(path, "A list is expected.")
    return value


def _texts(value: object, path: str) -> tuple[str, ...]:
    return tuple(_text(each, f"{path}[{n}]") for n, each in enumerate(_list(value, path)))


def _set(value: object, path: str) -> frozenset[str]:
    texts = _texts(value, path)
    if len(set(texts)) != len(texts):
        _refuse(path, "Each may be named once.")
    return frozenset(texts)


def _member(kind: type[_Member], value: object, path: str) -> _Member:
    names = [member.value for member in kind]
    if not isinstance(value, str) or value not in names:
        _refuse(path, f"One of {', '.join(names)} is expected.")
    return kind(value)


def _number(value: object, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        _refuse(path, "A whole number is expected.")
    return value


def _instant(value: object, path: str) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(_text(value, path))
    except ValueError:
        _refuse(path, "An instant like 2026-01-31T12:00:00+00:00 is expected.")


def _built(path: str, build: Callable[[], _Value]) -> _Value:
    try:
        return build()
    except ValueError as error:
        _refuse(path, f"This does not hold together: {error}.")


def decode_literal(value: object, path: str = "value") -> Literal:
    """The literal written so. Raises Invalid, naming the path, for floats, null and the unknown."""
    if isinstance(value, bool | int | str):
        return value
    if not isinstance(value, dict) or len(value) != 1:
        _refuse(
            path,
            'A text, a whole number, true, false, {"decimal": "1.50"}, {"date": …} or '
            '{"datetime": …} is expected.',
        )
    ((kind, text),) = value.items()
    readers: dict[str, Callable[[str], Literal]] = {
        "decimal": Decimal,
        "date": date.fromisoformat,
        "datetime": datetime.fromisoformat,
    }
    if kind not in readers:
        _refuse(f"{path}.{kind}", "There is no such kind of literal.")
    try:
        return readers[kind](_text(text, f"{path}.{kind}"))
    except (ValueError, InvalidOperation):
        _refuse(f"{path}.{kind}", f"This is not a {kind}.")


_FILTER_KEYS = {
    "everything": frozenset[str](),
    "compare": frozenset({"column", "operator", "value"}),
    "in": frozenset({"column", "values"}),
    "subject": frozenset({"column", "attribute"}),
    "null": frozenset({"column"}),
    "not": frozenset({"part"}),
    "and": frozenset({"parts"}),
    "or": frozenset({"parts"}),
    "exists": frozenset({"path", "where"}),
}


def decode_filter(value: object, path: str = "filter") -> Filter:
    """The filter written so. Raises Invalid, naming the path of the part at fault."""
    return _filter(value, path, _DEEPEST)


def _filter(value: object, path: str, left: int) -> Filter:
    if not left:
        _refuse(path, f"A filter is at most {_DEEPEST} levels deep.")
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _FILTER_KEYS:
        _refuse(f"{path}.kind", f"One of {', '.join(_FILTER_KEYS)} is expected.")
    body = _object(value, path, _FILTER_KEYS[kind] | {"kind"})
    if kind == "everything":
        return EVERYTHING
    if kind in ("not", "and", "or", "exists"):
        return _composed(kind, body, path, left - 1)
    column = _text(body["column"], f"{path}.column")
    return _built(path, lambda: _leaf(kind, column, body, path))


def _leaf(kind: str, column: str, body: Json, path: str) -> Filter:
    if kind == "compare":
        operator = _member(Operator, body["operator"], f"{path}.operator")
        return Compare(column, operator, decode_literal(body["value"], f"{path}.value"))
    if kind == "in":
        values = [
            decode_literal(each, f"{path}.values[{n}]")
            for n, each in enumerate(_list(body["values"], f"{path}.values"))
        ]
        if len({type(each) for each in values}) > 1:
            raise ValueError("the values of one set are all of one type")
        return In(column, frozenset(values))
    if kind == "subject":
        return SubjectIs(column, _text(body["attribute"], f"{path}.attribute"))
    return IsNull(column)


def _composed(kind: str, body: Json, path: str, left: int) -> Filter:
    if kind == "not":
        return Not(_filter(body["part"], f"{path}.part", left))
    if kind == "exists":
        hops = tuple(
            _hop(each, f"{path}.path[{n}]")
            for n, each in enumerate(_list(body["path"], f"{path}.path"))
        )
        where = _filter(body["where"], f"{path}.where", left)
        return _built(f"{path}.path", lambda: Exists(hops, where))
    parts = tuple(
        _filter(each, f"{path}.parts[{n}]", left)
        for n, each in enumerate(_list(body["parts"], f"{path}.parts"))
    )
    return And(parts) if kind == "and" else Or(parts)


def _hop(value: object, path: str) -> Hop:
    keys = frozenset({"columns", "to_dataset", "to_columns"})
    body = _object(value, path, keys)
    columns = _texts(body["columns"], f"{path}.columns")
    dataset = _text(body["to_dataset"], f"{path}.to_dataset")
    to_columns = _texts(body["to_columns"], f"{path}.to_columns")
    return _built(path, lambda: Hop(columns, dataset, to_columns))


def decode_mask(value: object, path: str = "mask") -> Mask:
    """The mask written so. Raises Invalid, naming the path of the part at fault."""
    name = value.get("function") if isinstance(value, dict) else None
    function = _member(MaskFunction, name, f"{path}.function")
    keys = frozenset({"function", *_ARGUMENTS.get(function, ())})
    body = _object(value, path, keys)
    numbers = {
        name: _number(body[name], f"{path}.{name}")
        for name in ("first", "last", "size")
        if name in body
    }
    domain = _text(body["domain"], f"{path}.domain") if "domain" in body else ""
    return _built(path, lambda: Mask(function, domain=domain, **numbers))


def decode_masks(value: object, path: str = "masks") -> dict[str, Mask]:
    """Masks by column. Raises Invalid, naming the path of the part at fault."""
    if not isinstance(value, dict):
        _refuse(path, "An object of masks by column is expected.")
    return {
        _text(column, path): decode_mask(mask, f"{path}.{column}")
        for column, mask in sorted(value.items())
    }


_RULE_KEYS = frozenset(
    {
        *("key", "origin", "effect", "dataset", "principals", "excepted", "columns", "action"),
        *("tier", "filter", "mask", "masks", "valid_from", "until", "purpose"),
    }
)


def decode_rule(value: object, path: str = "rule") -> Rule:
    """The rule written so; every key must be there, since leaving one out must not widen it.

    Raises Invalid, naming the path of the part at fault.
    """
    body = _object(value, path, _RULE_KEYS)
    principals, columns, mask = body["principals"], body["columns"], body["mask"]
    if not isinstance(body["purpose"], str):
        _refuse(f"{path}.purpose", "A text is expected, empty where there is no purpose.")
    return _built(
        path,
        lambda: Rule(
            key=_text(body["key"], f"{path}.key"),
            origin=_text(body["origin"], f"{path}.origin"),
            effect=_member(Effect, body["effect"], f"{path}.effect"),
            dataset=_text(body["dataset"], f"{path}.dataset"),
            principals=None if principals is None else _set(principals, f"{path}.principals"),
            excepted=_set(body["excepted"], f"{path}.excepted"),
            columns=None if columns is None else _set(columns, f"{path}.columns"),
            action=_member(Action, body["action"], f"{path}.action"),
            tier=_member(Tier, body["tier"], f"{path}.tier"),
            filter=decode_filter(body["filter"], f"{path}.filter"),
            mask=None if mask is None else decode_mask(mask, f"{path}.mask"),
            masks=tuple(sorted(decode_masks(body["masks"], f"{path}.masks").items())),
            valid_from=_instant(body["valid_from"], f"{path}.valid_from"),
            until=_instant(body["until"], f"{path}.until"),
            purpose=body["purpose"],
        ),
    )
