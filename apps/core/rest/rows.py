"""Serializers of two kinds: inputs that refuse unknown fields, rows that are quick to write."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from rest_framework import serializers

Converter = Callable[[Any], Any]


class Input(serializers.Serializer[Any]):
    """What a caller may send; what is not declared or of another type is an error."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values. Raises a ValidationError that names each field at fault."""
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                raise serializers.ValidationError({name: ["unknown"] for name in unknown})
        understood, errors = self._understood(data)
        if isinstance(data, Mapping):
            errors |= self._of_another_type(data)
        if errors:
            raise serializers.ValidationError(errors)
        return understood

    def _understood(self, data: Any) -> tuple[Any, dict[str, Any]]:
        """What the library makes of it, or what it finds wrong by field."""
        try:
            return super().to_internal_value(data), {}
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            return None, dict(error.detail)

    def _of_another_type(self, data: Mapping[str, Any]) -> dict[str, Any]:
        found = {name: _type_wanted(self.fields[name], value) for name, value in data.items()}
        return {name: [f"must be {wanted}"] for name, wanted in found.items() if wanted}


def _type_wanted(field: serializers.Field[Any, Any, Any, Any], value: Any) -> str:
    """The type of JSON that the field takes, when the value is of another; the library converts."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next(filter(None, (_type_wanted(field.child, one) for one in value)), "")
    for kind, types, wanted in _TYPES:
        if isinstance(field, kind):
            number_for_bool = isinstance(value, bool) and bool not in types
            known = value is None or (isinstance(value, types) and not number_for_bool)
            return "" if known else wanted
    return ""


_TYPES: tuple[tuple[type, tuple[type, ...], str], ...] = (
    (serializers.CharField, (str,), "text"),
    (serializers.BooleanField, (bool,), "true or false"),
    (serializers.IntegerField, (int,), "a whole number"),
    (serializers.FloatField, (int, float), "a number"),
)


class Row(serializers.Serializer[Any]):
    """What is shown of a thing; the way to write each field is worked out once per list."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The same as DRF's own, without its per-row, per-field work."""
        row: dict[str, Any] = {}
        for name, attributes, convert in self._plan:
            value = instance
            for attribute in attributes:
                value = getattr(value, attribute)
                if value is None:
                    break
            row[name] = value if value is None or convert is None else convert(value)
        return row

    @cached_property
    def _plan(self) -> list[tuple[str, list[str], Converter | None]]:
        return [
            (name, field.source_attrs, _converter(field))
            for name, field in self.fields.items()
            if not field.write_only
        ]


_AS_IT_IS = (
    serializers.BooleanField,
    serializers.IntegerField,
    serializers.JSONField,
    serializers.FloatField,
)


def _converter(field: serializers.Field[Any, Any, Any, Any]) -> Converter | None:
    if isinstance(field, serializers.SerializerMethodField):
        return field.to_representation
    if isinstance(field, serializers.DateTimeField):
        return instant
    if isinstance(field, _AS_IT_IS):
        return None
    if isinstance(field, serializers.CharField | serializers.UUIDField | serializers.ChoiceField):
        return str
    return field.to_representation


def instant(value: datetime) -> str:
    """An instant in UTC, as ISO 8601 with `Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
