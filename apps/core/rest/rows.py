"""Serializers of two kinds: inputs that refuse unknown fields, rows that are quick to write."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from rest_framework import serializers

Converter = Callable[[Any], Any]


class Input(serializers.Serializer[Any]):
    """What a caller may send; a field that is not declared is an error, not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """The validated values. Raises a ValidationError that names each field at fault."""
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                raise serializers.ValidationError({name: ["unknown"] for name in unknown})
        return super().to_internal_value(data)


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
